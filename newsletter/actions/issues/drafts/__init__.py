"""
Actions on a draft as a whole: save it, count its readers, see what an approval covers.
"""
