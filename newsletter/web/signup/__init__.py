"""
The pages where readers sign up and confirm it.
"""
