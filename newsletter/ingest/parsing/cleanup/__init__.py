"""
Make the content of an item fit for mail.
"""
