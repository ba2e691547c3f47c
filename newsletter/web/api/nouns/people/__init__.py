"""
The operations on people in bulk: suppressions, requests, files, acts.
"""
