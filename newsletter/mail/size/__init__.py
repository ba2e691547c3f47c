"""
How large a mail may be, and how content is shortened to fit.
"""
