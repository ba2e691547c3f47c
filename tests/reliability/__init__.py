"""
Suites that try the promise about sending from outside: nobody twice, nobody lost.
"""
