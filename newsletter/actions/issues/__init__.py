"""
Actions on issues, and on the schedules that make them.
"""
