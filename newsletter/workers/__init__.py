"""
Run the long-running loops: serve, scheduler, timer, sender, events.
"""
