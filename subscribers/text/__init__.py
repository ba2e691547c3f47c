"""
Texts: the encoding of those from outside, and sentences of this program that can be translated.
"""
