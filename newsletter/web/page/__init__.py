"""
Render pages: their templates, words, style and files.
"""
