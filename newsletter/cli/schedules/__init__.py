"""
Commands on schedules.
"""
