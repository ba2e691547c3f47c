"""
What other people wrote is handled here: a guarded fetcher and a limited child process.
"""
