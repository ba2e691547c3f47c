"""
What a person or a program may ask for, one file per noun, each request in one transaction.
"""
