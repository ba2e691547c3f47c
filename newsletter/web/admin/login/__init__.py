"""
The pages by which staff log in: with a password, at an OpenID Connect provider, or by a link.
"""
