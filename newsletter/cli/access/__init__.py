"""
Commands on who may use the program: staff, API tokens, the audit trail.
"""
