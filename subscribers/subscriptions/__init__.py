"""
Begin, confirm and end the subscriptions of one person.
"""
