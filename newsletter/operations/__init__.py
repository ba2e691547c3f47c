"""
Run an installation: doctor, alerts, log, restore guard, clock, move to PostgreSQL.
"""
