"""
Limit the size of a mail, and shorten content to fit.
"""
