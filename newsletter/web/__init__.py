"""
What is served over HTTP: readers' pages, editors' pages and the webhooks of providers.
"""
