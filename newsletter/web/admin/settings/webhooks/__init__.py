"""
The pages about webhooks: those that this program sends, and those that providers send to it.
"""
