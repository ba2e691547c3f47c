"""
What readers ask for on a page and confirm by a link in an email.
"""
