"""
The SQL of schedules and their slots.
"""
