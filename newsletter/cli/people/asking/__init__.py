"""
The command that asks the people of a list again.
"""
