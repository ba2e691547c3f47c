"""
Keep fields, lists, sources, segments and schedules in a TOML file: apply it to the database, and
export it.
"""
