"""
Clocks that are wrong, and the days on which clocks change.
"""
