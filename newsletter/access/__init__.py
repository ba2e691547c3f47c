"""
What staff log in with, and what they may do: accounts, passwords, second factors, sessions.
"""
