"""
WordPress: its REST API, its feed, and exported archives.
"""
