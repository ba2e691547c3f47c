"""
Actions on the installation itself.
"""
