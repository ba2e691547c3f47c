"""
The bodies of requests and responses about sources, briefs and images.
"""
