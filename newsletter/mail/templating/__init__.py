"""
Templates: files, translations, and the restricted Jinja environment.
"""
