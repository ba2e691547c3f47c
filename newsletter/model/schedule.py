"""
A schedule: the rule that makes issues, and what became of each of its slots.
"""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass

from newsletter.model.issue import AudienceRule


class Late(enum.StrEnum):
    """
    What a slot does that comes up later than `latest` after its time.
    """

    SEND = "send"
    SKIP = "skip"
    ASK = "ask"


class Approval(enum.StrEnum):
    """
    AUTO sends; DRAFT waits for a person.
    """

    AUTO = "auto"
    DRAFT = "draft"


class SlotOutcome(enum.StrEnum):
    """
    DUE is being worked on (or was, by a process that died); the rest are final.
    """

    DUE = "due"
    ISSUED = "issued"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """
    A rule that makes issues. `cron` has five fields, read in `timezone` by the wall clock; `each`
    makes one issue a brief; `latest` is how late a slot may still go out on its own.
    """

    id: int
    name: str
    cron: str
    timezone: str
    audience: AudienceRule
    sources: tuple[str, ...]
    template: str | None = None
    each: bool = False
    sender: str | None = None
    least: int = 1
    most: int | None = None
    approval: Approval = Approval.AUTO
    late: Late = Late.SEND
    latest: dt.timedelta = dt.timedelta(hours=2)
    repeat: bool = False
    is_paused: bool = False
    created_at: dt.datetime | None = None
    last_due: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Slot:
    """
    One instant a schedule names. `wall` is the local wall time without offset
    (`2026-11-01T01:30`), unique for its schedule, so a clock that falls back fires once;
    `due` the same instant, aware, in UTC.
    """

    wall: str
    due: dt.datetime
