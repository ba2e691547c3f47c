"""
The DNS records that the sending domains of an installation need, and what is there.
"""
