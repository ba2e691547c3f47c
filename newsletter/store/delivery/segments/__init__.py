"""
Segments in publishing: what was mailed to people, and the segment that narrows an audience.
"""
