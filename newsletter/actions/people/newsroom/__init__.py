"""
Actions for the pages on which staff look for people and at one of them.
"""
