"""
People: look for them, see one, and change what is known about them.
"""
