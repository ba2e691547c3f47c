"""
The operations on sources, briefs and images.
"""
