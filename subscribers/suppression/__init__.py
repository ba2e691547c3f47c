"""
Which addresses are never mailed, why, and for which lists.
"""
