"""
What happened to each person: recorded in the transaction that does it, and never changed.
"""
