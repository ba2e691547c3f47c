"""
The API: `/api/v1` for programs, over the same actions as the command line and the pages.
"""
