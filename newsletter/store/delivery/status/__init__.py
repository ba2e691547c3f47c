"""
The status of an issue: its counts, and the states of its recipients.
"""
