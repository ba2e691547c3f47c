"""
Providers' webhooks.
"""
