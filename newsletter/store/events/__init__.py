"""
The SQL of the events that providers reported.
"""
