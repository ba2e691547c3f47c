"""
Help in the newsroom: what each room is for, and the keys.
"""
