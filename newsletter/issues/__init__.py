"""
Prepare an issue, from the selection of its briefs to its release.
"""
