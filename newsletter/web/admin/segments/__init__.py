"""
Segments: the rules that select people, and a form that writes them.
"""
