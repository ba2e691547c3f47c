"""
What is asked about schedules: their calendar, whether a rule is valid, what a slot would send.
"""
