"""
Worlds in one process in which everything happens in any order.
"""
