"""
Outgoing webhooks tested from outside: a receiver that fails in twelve ways, a sender that is
killed.
"""
