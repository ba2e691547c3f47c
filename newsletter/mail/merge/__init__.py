"""
Merge fields, and the readers' values in their place.
"""
