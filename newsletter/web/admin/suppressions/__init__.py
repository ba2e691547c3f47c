"""
The room of suppressions: who is sent nothing, and why.
"""
