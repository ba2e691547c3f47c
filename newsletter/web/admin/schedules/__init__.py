"""
The room of schedules: their calendar, the rule of each in words, and what the next slot would send.
"""
