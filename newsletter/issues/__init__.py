"""
An issue until it is frozen, from the selection of its briefs to its release.
"""
