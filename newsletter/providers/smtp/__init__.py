"""
A mail server over SMTP (RFC 5321), and the mails that come back.
"""
