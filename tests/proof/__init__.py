"""
Examine what newsletter sends, for `make proof`: each template in each case, in browsers, mail
programs, spam filters and validators. There is one module per tool; `__main__` runs them, `table`
and `page` show the results.
"""
