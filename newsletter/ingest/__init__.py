"""
From a source to a stored brief.
"""
