"""
Brevo: https://developers.brevo.com/
"""
