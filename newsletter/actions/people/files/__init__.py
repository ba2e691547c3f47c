"""
Actions on files of people: imports as jobs, and the people that a file names.
"""
