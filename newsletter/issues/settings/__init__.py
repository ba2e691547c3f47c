"""
The settings for future issues: schedules, and what publishing adds to a list.
"""
