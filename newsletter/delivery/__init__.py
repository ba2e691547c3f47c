"""
Send an issue: from its freeze to the last receipt of its provider.
"""
