"""
What a token that is limited to one list asks of another one's objects, and what it may learn.
"""
