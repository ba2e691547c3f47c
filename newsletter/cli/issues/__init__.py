"""
Commands on issues.
"""
