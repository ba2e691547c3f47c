"""
The room of imports and exports of people.
"""
