"""
Briefs from a changelog: https://keepachangelog.com/en/1.1.0/
"""
