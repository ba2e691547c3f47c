"""
Build a mail: rendering, merge fields, MIME, size.
"""
