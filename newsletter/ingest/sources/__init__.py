"""
The kinds of source. `protocol` says what each must do; `registry` opens them.
"""
