"""
The first page of the newsroom: what goes out, what waits, and what went wrong.
"""
