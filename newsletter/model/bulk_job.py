"""
What staff do with many people at once, while the server does it step by step.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class BulkActKind(enum.StrEnum):
    """
    What can be done with many people at once.
    """

    TAG = "tag"
    JOIN = "join"
    CONFIRM = "confirm"
    LEAVE = "leave"
    MOVE = "move"
    SUPPRESS = "suppress"
    ERASE = "erase"


class BulkJobState(enum.StrEnum):
    """
    How far an act is. STOPPED: by a person; what is done stays so. FAILED: it was refused.
    """

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class BulkJob:
    """
    An act on `total` people, of whom the first `position` are done and `changed` were changed.
    `people` are their numbers until it ends, `given` is what was typed for it.
    """

    id: int
    kind: BulkActKind
    state: BulkJobState
    staff_id: int
    from_address: str
    given: Mapping[str, str]
    people: Sequence[int]
    total: int
    position: int
    changed: int
    created_at: dt.datetime
    ended_at: dt.datetime | None
    error: str
