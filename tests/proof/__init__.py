"""
What `make proof` shows: each template in each case, looked at by browsers, mail programs, spam
filters and validators. One module a tool; `__main__` runs them, `table` and `page` tell.
"""
