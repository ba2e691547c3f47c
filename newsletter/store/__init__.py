"""
The only SQL of the publishing side, one noun a file, on SQLite and PostgreSQL alike.
"""
