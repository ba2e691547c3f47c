"""
The audience of an issue: who gets it, who is left out and why, and who may no longer be mailed.
"""
