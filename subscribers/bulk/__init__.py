"""
Do the same with many people, in batches that can be run again.
"""
