"""
Send an issue, from the freeze to the provider's last receipt.
"""
