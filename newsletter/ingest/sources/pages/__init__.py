"""
Web pages, and the full text behind the items of a feed.
"""
