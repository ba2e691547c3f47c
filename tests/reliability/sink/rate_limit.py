"""
What the sink takes in a second, and how it refuses the rest: 429 with Retry-After, as seconds and
as a date by turns. Every call is written down as it arrives, taken or not.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Mapping
from email.utils import formatdate
from pathlib import Path
from typing import Any

from reliability.processes.stall_monitor import watch_stalls
from reliability.sink.wire_formats import Form, Refusal


class RateLimit:
    """
    The limit of one run. The script's `limit` says how many calls are taken in any second
    (`per_s`), whether responses say so (`says`), and that each so-manieth is refused all the same
    (`others`), as when another program uses the account.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._guard = threading.Lock()
        self._taken: deque[float] = deque()
        self._calls = self._refusals = 0

    def check(self, limit: Mapping[str, Any], form: Form, arrived: float) -> None:
        """
        Count a call, and raise a Refusal for one too many.
        """
        with self._guard:
            if not self._calls:
                watch_stalls(self.file.with_suffix(".stall"))
            self._calls += 1
            while self._taken and self._taken[0] <= arrived - 1.0:
                self._taken.popleft()
            is_others = limit.get("others") and self._calls % limit["others"] == 0
            is_taken = not is_others and len(self._taken) < limit["per_s"]
            if is_taken:
                self._taken.append(arrived)
            else:
                self._refusals += 1
            with self.file.open("a") as file:
                file.write(json.dumps({"at": arrived, "taken": is_taken}) + "\n")
            after = self._retry_after(self._refusals)
        if not is_taken:
            refusal = form.refusal("429")
            sent = {"Retry-After": after, **self.headers(limit)}
            raise Refusal(refusal.status, refusal.body, sent)

    def headers(self, limit: Mapping[str, Any]) -> dict[str, str]:
        """
        Return the headers in which Resend advertises its limit, where the script says so.
        """
        if not limit.get("says"):
            return {}
        left = max(int(limit["per_s"]) - len(self._taken), 0)
        return {
            "ratelimit-limit": str(limit["per_s"]),
            "ratelimit-remaining": str(left),
            "ratelimit-reset": "1",
        }

    def _retry_after(self, number: int) -> str:
        # A date has no fractions of a second: three seconds are at least two.
        return "2" if number % 2 else formatdate(time.time() + 3, usegmt=True)
