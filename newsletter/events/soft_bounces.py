"""
Decide when temporary bounces suppress an address. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

# An address is suppressed after this many soft bounces within this time.
SOFT_BOUNCES = 5
SOFT_WITHIN = dt.timedelta(days=14)


def exceeds_soft_bounce_limit(bounced_at: Sequence[dt.datetime]) -> bool:
    """
    Return whether soft bounces at these times (in order) are enough to suppress the address.
    """
    pairs = zip(bounced_at, bounced_at[SOFT_BOUNCES - 1 :], strict=False)
    return any(last - first <= SOFT_WITHIN for first, last in pairs)
