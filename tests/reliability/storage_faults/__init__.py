"""
Disks and PostgreSQL connections that fail at one of their calls.
"""
