"""
The SQL of what providers reported.
"""
