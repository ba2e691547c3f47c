"""
What became of mails, reported by webhooks in any order.
"""
