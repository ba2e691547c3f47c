"""
What the first page of the newsroom shows, each part of it in one statement.
"""
