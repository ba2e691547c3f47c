"""
What is asked for about staff accounts.
"""
