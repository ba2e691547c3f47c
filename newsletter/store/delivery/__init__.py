"""
The SQL of the delivery ledger.
"""
