"""
Lists, sources and schedules kept in a TOML file: brought to the database, and written from it.
"""
