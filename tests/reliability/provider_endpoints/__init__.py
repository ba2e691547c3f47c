"""
Each kind of provider on a socket of its own, with calls that end badly.
"""
