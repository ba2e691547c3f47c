"""
The canary: the readers of a new sending domain who receive an issue before the others.
"""

from __future__ import annotations

import datetime as dt

# The number of readers of a canary, and how long the others are held after the last of them: as
# long as the first bounces take.
CANARY_SIZE = 200
CANARY_WAIT = dt.timedelta(minutes=15)
# Some readers of the canary unsubscribe before it is sent, and the rest must be enough.
LEAST_OF_CANARY = CANARY_SIZE // 2
