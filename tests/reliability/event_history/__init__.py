"""
What became of mails, told by webhooks in any order.
"""
