"""
Commands on many people: find them, and do the same with all of them.
"""
