"""
Produce the HTML part: inline its CSS, validate its markup.
"""
