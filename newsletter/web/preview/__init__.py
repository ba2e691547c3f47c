"""
Previews of an issue: a folder of pages, and screenshots.
"""
