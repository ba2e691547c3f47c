"""
What staff say of people: tags, to select them by, and notes.
"""
