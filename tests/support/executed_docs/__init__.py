"""
Run the commands on a page of the documentation, as docs/development/documentation.md says.
"""
