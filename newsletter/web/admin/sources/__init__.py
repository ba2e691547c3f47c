"""
The sources of briefs: how each stands, its settings, and adding one after a look at what it brings.
"""
