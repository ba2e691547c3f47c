"""
Find merge fields, and fill in the readers' values.
"""
