"""
The SQL of outgoing webhooks: receivers, events, and their way to each receiver.
"""
