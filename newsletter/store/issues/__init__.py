"""
The SQL of issues, reviews and corrections.
"""
