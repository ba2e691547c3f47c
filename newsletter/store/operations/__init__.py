"""
The SQL of backups, alerts, database identity and clock repair.
"""
