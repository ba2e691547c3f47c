"""
Operate an installation: doctor, alerts, log, metrics, restore guard, clock, move to PostgreSQL.
"""
