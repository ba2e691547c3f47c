"""
Mailpit: https://mailpit.axllent.org/docs/api-v1/
"""
