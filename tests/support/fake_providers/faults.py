"""
How a call to a fake provider fails.
"""

from __future__ import annotations

from dataclasses import dataclass

from http_server import Answer

DROPPED = Answer(raw=())


@dataclass(frozen=True, kw_only=True)
class Fault:
    """
    What happens to one call: *response* instead of the usual one, the mails *is_taken* or not,
    after *delay_s*. Without a response the connection is closed.
    """

    response: Answer = DROPPED
    is_taken: bool = False
    delay_s: float = 0.0
