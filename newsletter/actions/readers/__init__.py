"""
What readers do themselves: sign up, change their settings, unsubscribe, have their data erased.
"""
