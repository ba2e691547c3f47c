"""
Import people from files and export them.

An import goes through `text_file` (bytes to lines), `csv_records` (lines to cells),
`detect_layout` (which column is what, by the product that wrote the file: `products`), `rows`
(cells to a row) and `import_policy` (what a row may change); `run` applies them in batches.
`importer` imports a file in one call, `jobs` keeps imports and exports as jobs that can be
continued and undone. `export` writes files.
"""
