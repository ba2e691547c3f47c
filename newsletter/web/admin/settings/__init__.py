"""
The room Settings: lists, staff, API tokens, webhooks, the audit trail and the installation.
"""
