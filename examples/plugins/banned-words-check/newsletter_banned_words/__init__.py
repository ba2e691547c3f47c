"""
A check of the words that the house style rules out.
"""
