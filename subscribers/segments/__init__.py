"""
Segments: rules in a small language that select people, and how they become SQL.
"""
