"""
The fixed phrases that people write around an article, in the languages that emails can be in.
"""
