"""
What the commands on people print.
"""
