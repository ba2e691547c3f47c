"""
How a file is read: which column is what, and what single cells hold.
"""
