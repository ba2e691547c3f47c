"""
Declared fields: what is known about people beside name, language and time zone.
"""
