"""
Imports and exports as jobs: stored, worked by whichever process is free, continued after a crash,
and undone.
"""
