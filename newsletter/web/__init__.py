"""
The pages readers see, and the server that runs them beside scheduler and sender.
"""
