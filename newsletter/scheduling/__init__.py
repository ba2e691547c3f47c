"""
Decide when a slot is due: cron, quiet hours, misfires, settle window.
"""
