"""
The checker: reads the sink's file, the audience, and what the product says in public (`issue status
--json` and `issue recipients --json`), and counts what must not be. It knows nothing else.
"""

from __future__ import annotations

import collections
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

ENDS = ("accepted", "rejected", "skipped", "cancelled", "uncertain")


@dataclass(frozen=True, kw_only=True)
class Figures:
    """
    `doubled`: copies beyond the first. `lost`: accepted in our view, absent in the sink. `ghost`:
    in the sink, and neither accepted nor uncertain in our view, or nobody of ours. `late`: handed
    over after their unsubscribe was answered. `sum`: audience less the five ends. `uncertain`: as
    reported.
    """

    doubled: int = 0
    lost: int = 0
    ghost: int = 0
    late: int = 0
    sum: int = 0
    uncertain: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            **{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        )

    @property
    def is_clean(self) -> bool:
        """
        Say whether nothing is wrong; how much may be uncertain is for the suite to judge.
        """
        return not (self.doubled or self.lost or self.ghost or self.late or self.sum)


def judge(
    calls: Sequence[Mapping[str, Any]],
    audience: Iterable[str],
    *,
    status: Mapping[str, Any],
    recipients: Iterable[Mapping[str, Any]],
    left_at: Mapping[str, float] | None,
    slack_s: float,
) -> Figures:
    """
    Return the figures of *calls*. *left_at* says when each unsubscribe was answered; a call that
    arrived up to *slack_s* later had begun before.
    """
    taken = collections.Counter(who for call in calls for who in call["accepted"])
    ours = {one["address"]: one["state"] for one in recipients}
    known = {who for who, state in ours.items() if state in ("accepted", "uncertain")}
    missing = set(audience) ^ set(ours)
    return Figures(
        doubled=sum(times - 1 for times in taken.values()),
        lost=sum(1 for who, state in ours.items() if state == "accepted" and who not in taken),
        ghost=len(set(taken) - known),
        late=_late(calls, left_at or {}, slack_s),
        sum=abs(status["audience"] - sum(status[end] for end in ENDS)) + len(missing),
        uncertain=status["uncertain"],
    )


def accepted_calls(log: Path) -> list[dict[str, Any]]:
    """
    Read the calls of which somebody was accepted; a line without an end was never answered.
    """
    if not log.exists():
        return []
    whole = log.read_bytes().rpartition(b"\n")[0]
    return [json.loads(line) for line in whole.splitlines()]


def _late(calls: Iterable[Mapping[str, Any]], left_at: Mapping[str, float], slack_s: float) -> int:
    return sum(
        1
        for call in calls
        for who in call["accepted"]
        if who in left_at and call["at"] > left_at[who] + slack_s
    )
