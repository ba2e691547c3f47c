"""
Commands on sources, briefs and notices.
"""
