"""
Actions on briefs and sources.
"""
