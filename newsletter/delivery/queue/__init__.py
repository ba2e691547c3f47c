"""
Who runs the hand-over: this process's own threads (`embedded`), later an engine of many machines.
"""
