"""
The form in which a schedule is made and changed.
"""
