"""
Whether an installation is ready to send email to people.
"""
