"""
Carry out the requests of people and programs: one file per noun, one transaction per request.
"""
