"""
The bodies of requests and responses about people in bulk: suppressions, requests, files, acts.
"""
