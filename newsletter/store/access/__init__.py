"""
The SQL of staff accounts, sessions, limits on log-in, and the audit trail.
"""
