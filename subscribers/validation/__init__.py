"""
Validates addresses, names and time zones as people type them.
"""
