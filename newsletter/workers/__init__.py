"""
The loops that run for long: serve, scheduler, timer, sender, events.
"""
