"""
What readers decide about what they get: to leave and to come back within the hour, how often, from
when, and at which address.
"""
