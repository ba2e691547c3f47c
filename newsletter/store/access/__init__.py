"""
The SQL of staff accounts, sessions and limits on log-in.
"""
