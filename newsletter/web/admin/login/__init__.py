"""
The pages by which staff log in, accept invitations and change their account.
"""
