"""
Find out what became of calls that have no known end.
"""
