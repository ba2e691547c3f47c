"""
Templates written in MJML.
"""
