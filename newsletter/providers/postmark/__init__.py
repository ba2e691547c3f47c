"""
Postmark: https://postmarkapp.com/developer
"""
