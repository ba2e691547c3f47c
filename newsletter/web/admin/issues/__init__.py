"""
The room for issues: their list, the composer of drafts, and how one is sent.
"""
