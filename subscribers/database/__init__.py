"""
The tables of this package, their column types and bulk inserts.
"""
