"""
The suites, one a module; each fills a row of the table.
"""
