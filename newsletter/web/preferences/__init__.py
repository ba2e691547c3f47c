"""
The pages with which readers change what they get, see what is stored about them, and are erased.
"""
