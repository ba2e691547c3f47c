"""
The commands on segments.
"""
