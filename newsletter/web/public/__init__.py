"""
Readers' pages and the images of mails.
"""
