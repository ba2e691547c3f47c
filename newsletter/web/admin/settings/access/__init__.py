"""
The pages about who may use the program, and what they did: staff, API tokens, the audit trail.
"""
