"""
Find people: which filter describes them, and the people whom it matches.
"""
