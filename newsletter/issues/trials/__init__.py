"""
What would be made if something ran now; nothing is stored.
"""
