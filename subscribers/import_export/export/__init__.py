"""
Write people to files: `canonical_csv` and `json_lines`, which `importer` reads back.
"""
