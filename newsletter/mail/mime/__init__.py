"""
A mail as bytes: headers, MIME parts, DKIM.
"""
