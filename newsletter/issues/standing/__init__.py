"""
Notices that stand: rendered once, and sent to one person after another.
"""
