"""
Pages for staff, behind a log-in.
"""
