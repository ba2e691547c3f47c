"""
Actions for programs that keep another system in step: pages, upserts, and many people at once.
"""
