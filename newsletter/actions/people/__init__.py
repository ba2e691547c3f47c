"""
Actions of staff on people: their lists, fields, suppressions and requests.
"""
