"""
The SQL of sources, briefs and images.
"""
