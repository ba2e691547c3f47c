"""
Who left, was suppressed or erased, as keyed hashes in a table and in a file beside the database, so
that a restored backup does not bring them back.
"""
