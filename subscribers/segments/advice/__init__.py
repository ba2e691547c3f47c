"""
What people write instead of the words of the language, and what they probably meant.
"""
