"""
One run of an import: `import_run` takes batches of records, finds the `known_people` among them,
decides about each row, and applies the batch; `rejects_file` has the rows with errors.
"""
