"""
What a person sets for the issues to come: the schedules, and what publishing adds to a list.
"""
