"""
Editors' review pages.
"""
