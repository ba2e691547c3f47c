"""
Operate an installation: doctor, DNS guide, alerts, log, metrics, restore guard, clock, move to
PostgreSQL.
"""
