"""
Check who asks before an action runs, and record what was done.
"""
