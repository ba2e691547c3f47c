"""
The pages of lists: what can be set of one, its look with a sample email, holding and removing it.
"""
