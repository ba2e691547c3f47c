"""
Read sources and store their items as briefs.
"""
