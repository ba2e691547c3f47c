"""
What providers report after a mail was submitted: webhooks, look-ups, returned mails.
"""
