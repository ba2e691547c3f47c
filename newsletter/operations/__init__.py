"""
Operate an installation: doctor, alerts, log, restore guard, clock, migration to PostgreSQL.
"""
