"""
Files in a folder.
"""
