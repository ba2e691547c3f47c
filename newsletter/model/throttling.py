"""
Define how far the rate of calls to a provider falls when it throttles us, and how it recovers.
"""

from __future__ import annotations

# A little below the limit: two calls may arrive closer together than they were sent.
HEADROOM = 0.95
# Throttling multiplies the rate by this factor.
THROTTLE_FACTOR = 0.5
# A throttled rate recovers by a tenth after RECOVERY_CALLS calls without throttling, but never
# sooner or later than RECOVERY_S says; near the refused rate, where the limit probably is, only
# after a minute.
RECOVERY = 1.1
RECOVERY_CALLS = 3
RECOVERY_S = (0.5, 10.0)
NEAR_REFUSED = (0.85, 1.05)
