"""
The pages on which a draft is begun, written, previewed, tested, approved and sent.
"""
