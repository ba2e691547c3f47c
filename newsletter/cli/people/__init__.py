"""
Commands on lists, subscribers and suppressions.
"""
