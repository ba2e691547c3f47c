"""
All SQL of the publishing side, one noun a file, for SQLite and PostgreSQL.
"""
