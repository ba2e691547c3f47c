"""
The SQL of rate limits, the kill switch and the canary.
"""
