"""
Senders, workers and event recorders that are wrong on purpose, so that a suite can be seen to fail.
"""
