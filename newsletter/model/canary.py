"""
The canary: the readers of a new sending domain who receive an issue before the others.
"""

from __future__ import annotations

import datetime as dt

# The number of readers in a canary, and how long the others are held after the last of these was
# sent: as long as the first bounces take to arrive.
CANARY_SIZE = 200
CANARY_WAIT = dt.timedelta(minutes=15)
# Some readers of the canary may unsubscribe before it is sent, and the rest must still be enough.
LEAST_OF_CANARY = CANARY_SIZE // 2
