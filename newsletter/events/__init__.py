"""
Receive what providers report after a mail was submitted: webhooks, event history, bounced mails.
"""
