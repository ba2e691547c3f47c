"""
The images of briefs: measured, encoded again, stored.
"""
