"""
Outgoing webhooks: what is sent to other programs, how it is signed, and whether it arrives.
"""
