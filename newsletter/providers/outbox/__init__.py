"""
Write mails as files to a folder; the default of a new installation.
"""
