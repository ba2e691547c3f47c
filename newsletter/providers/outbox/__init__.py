"""
Mails as files in a folder; the default of a new installation.
"""
