"""
Open what a source gives: encodings, Markdown, plain text.
"""
