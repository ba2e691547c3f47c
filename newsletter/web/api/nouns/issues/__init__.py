"""
The operations on issues and schedules.
"""
