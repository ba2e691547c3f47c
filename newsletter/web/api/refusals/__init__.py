"""
How the API reports what goes wrong.
"""
