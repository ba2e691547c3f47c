"""
Imports that are prepared before they begin: what their files say, and what they would change.
"""
