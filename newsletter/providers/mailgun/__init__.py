"""
Mailgun: https://documentation.mailgun.com/
"""
