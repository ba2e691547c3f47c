"""
The room of briefs: what came in, one brief beside its original, and writing one by hand.
"""
