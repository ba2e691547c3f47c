"""
Encode a mail as bytes: headers, MIME parts, DKIM.
"""
