"""
Tags: how many people have each, and how one is renamed or removed.
"""
