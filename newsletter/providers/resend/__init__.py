"""
Resend: https://resend.com/docs
"""
