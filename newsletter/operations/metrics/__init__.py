"""
Metrics for Prometheus: the figures of the database, shared by all processes, and those of this one.
"""
