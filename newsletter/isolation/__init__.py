"""
Handle what other people wrote: a fetcher with limits, and a sandboxed child process.
"""
