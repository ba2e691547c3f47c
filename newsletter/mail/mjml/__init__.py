"""
Compile templates written in MJML.
"""
