"""
Ask the people of a list again whether they want it, and end who does not answer: a run that a
person starts, with its people fixed at the start.
"""
