"""
The columns of a file that are called like declared fields.
"""
