"""
Find out the results of calls that ended without one.
"""
