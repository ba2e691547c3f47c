"""
What somebody hostile writes into texts, addresses and forms, and how to see that it had no effect.
"""
