"""
Prepare an issue, from selecting its briefs to its release.
"""
