"""
Mailjet: https://dev.mailjet.com/
"""
