"""
Measure, re-encode and store the images of briefs.
"""
