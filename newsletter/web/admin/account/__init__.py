"""
The pages on which staff change their own account: password, second factor, sessions.
"""
