"""
Running an installation: doctor, alerts, restore guard, clock, move to PostgreSQL.
"""
