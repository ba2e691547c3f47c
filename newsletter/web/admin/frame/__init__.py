"""
What every page of the newsroom shares: its words, its templates, its frame and its notices.
"""
