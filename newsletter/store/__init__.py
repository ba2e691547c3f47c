"""
All SQL of the publishing side, for SQLite and PostgreSQL: one file per noun.
"""
