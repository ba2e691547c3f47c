"""
The bodies of requests and responses about issues and schedules.
"""
