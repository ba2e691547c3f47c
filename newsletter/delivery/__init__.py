"""
From the freeze of an issue to the last receipt of its provider.
"""
