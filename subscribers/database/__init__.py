"""
Tables, column types and bulk inserts.
"""
