"""
The files that other products take, one module for each: whom they know by which word, and which
columns they have. Cells are guarded against formulas, but for addresses and numbers, which products
read as they are.
"""
