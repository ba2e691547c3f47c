"""
Find the fields of a brief in the content of an item.
"""
