"""
Commands about staff accounts.
"""
