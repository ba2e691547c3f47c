"""
The kinds of source. `protocol` says what each must do; `kinds` declares the built-in ones,
and `registry` opens any.
"""
