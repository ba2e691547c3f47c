"""
Actions that show a member of staff what concerns them today.
"""
