"""
Keep fields, lists, sources and schedules in a TOML file: apply it to the database, and export it.
"""
