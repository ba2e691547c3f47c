"""
HTTP in: the readers' and editors' pages, and the webhooks of providers.
"""
