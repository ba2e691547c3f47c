"""
Import people from files and export them.

An import goes through `text_file` (bytes to lines), `csv_records` (lines to cells),
`detect_layout` (which column is what), `rows` (cells to a row), `import_policy` (what a row may
change) and `apply_batch` (a batch into the tables); `importer` calls them in this order.
`exporter` writes a file.
"""
