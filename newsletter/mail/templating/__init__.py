"""
Render templates: files, translations, and the restricted Jinja environment.
"""
