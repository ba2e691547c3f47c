"""
One raw item parsed into a brief.
"""
