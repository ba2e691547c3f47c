"""
Read web pages: find the text among the rest of the page, and what the page says about it.
"""
