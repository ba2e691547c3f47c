"""
Validate addresses, names and time zones that people typed.
"""
