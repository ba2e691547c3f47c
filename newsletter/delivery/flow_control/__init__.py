"""
Decide when a provider may be called: rate limiter, circuit breaker, failover.
"""
