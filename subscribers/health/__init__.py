"""
How a list is doing: who joined and left it, and whose addresses it has.
"""
