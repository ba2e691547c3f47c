"""
The HTML part: CSS inlined, markup validated.
"""
