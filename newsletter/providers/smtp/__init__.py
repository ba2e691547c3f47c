"""
Send mail to an SMTP server (RFC 5321), and read the mails that come back.
"""
