"""
What has to be known of an issue before it may be released: the facts for its check, and what its
approval covers.
"""
