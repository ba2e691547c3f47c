"""
Carry out what a person or a program asks for: one file per noun, each request in one transaction.
"""
