"""
What keeps bots and floods away from the pages of readers.
"""
