"""
An issue until it is frozen: selection, drafts, preflight, approval, review, release.
"""
