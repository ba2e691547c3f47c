"""
The products whose exports are recognised, one module each: which columns it writes, and what its
words for a status mean.
"""
