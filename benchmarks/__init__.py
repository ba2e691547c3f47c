"""
Measure what our work costs, beside a lower bound and beside the usual way (`make bench`).

`measure` times and prints, `pages` and `installation` make the material; every other module is one
benchmark. They assert that the work was right, never that it was fast.
"""
