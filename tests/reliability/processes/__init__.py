"""
Programs and children that send, and what may kill or delay them.
"""
