"""
What a request of the API says beside its parameters: token, JSON, limits, versions, pages, keys.
"""
