"""
A mail: rendering, merge fields, MIME, size.
"""
