"""
The files that other products take, one module for each: whom they know by which word, and which
columns they have. Nothing is guarded against formulas, because only our own import takes it off.
"""
