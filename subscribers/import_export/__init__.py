"""
Brings people in from files and out to files.

The road in: `text_file` (bytes to lines), `records` (lines to cells), `layout` (which column is
what), `rows` (cells to a row), `decide` (what a row may change), `write` (a batch into the
tables); `importer` walks it. `exporter` is the way out.
"""
