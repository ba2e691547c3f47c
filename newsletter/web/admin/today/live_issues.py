"""
The issues that are being sent, for the page: their counts, their rate and the time left.
"""

from __future__ import annotations

import datetime as dt
import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.actions.today.open_issues import LATELY, LIVE, IssuesNow
from newsletter.model.delivery import DeliveryState, HoldReason
from newsletter.model.issue import IssueState
from newsletter.store.delivery.status.progress import NO_PROGRESS, IssueProgress
from newsletter.store.operations.today.open_issues import OpenIssue

# The order in which they add up to the audience.
STATES = (
    DeliveryState.ACCEPTED,
    DeliveryState.REJECTED,
    DeliveryState.SKIPPED,
    DeliveryState.UNCERTAIN,
    DeliveryState.CANCELLED,
    DeliveryState.PENDING,
)
# Somebody who watches sees how it ended.
SHOWN_AFTER = dt.timedelta(minutes=10)
_SECOND = dt.timedelta(seconds=1)


class LiveNote(enum.Enum):
    """
    What there is to say about an issue that is being sent.
    """

    FREEZING = "freezing"
    PAUSED = "paused"
    GOING = "going"
    BEGINNING = "beginning"
    STANDING = "standing"
    WAITING = "waiting"
    CANARY = "canary"
    TIME_OF_DAY = "time_of_day"
    UNCERTAIN = "uncertain"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class StripPart:
    """
    A part of the strip that shows the counts as a bar of 1000 units.
    """

    state: DeliveryState
    x: float
    width: float


@dataclass(frozen=True, kw_only=True)
class LiveIssue:
    """
    An issue that is being sent or paused, or was until a moment ago. `rate` is how many recipients
    are settled in a minute.
    """

    open: OpenIssue
    progress: IssueProgress
    note: LiveNote
    rate: int
    done_at: dt.datetime | None
    minutes_left: int

    @property
    def is_live(self) -> bool:
        return self.note is not LiveNote.ENDED

    @property
    def counts(self) -> list[tuple[DeliveryState, int]]:
        return [(state, self.progress.count(state)) for state in STATES]

    @property
    def pending(self) -> int:
        return self.progress.count(DeliveryState.PENDING)

    @property
    def settled(self) -> int:
        waits = self.pending + self.progress.count(DeliveryState.UNCERTAIN)
        return self.progress.audience - waits

    @property
    def strip(self) -> list[StripPart]:
        """
        Return the parts of the strip; each state that has somebody can be seen.
        """
        total, x, parts = max(self.progress.audience, 1), 0.0, []
        for state, count in self.counts:
            width = round(1000 * count / total, 2)
            if count:
                parts.append(StripPart(state=state, x=round(x, 2), width=max(width, 2)))
            x += width
        return parts


def live_issues(found: IssuesNow, *, now: dt.datetime) -> Sequence[LiveIssue]:
    """
    Return the issues that are being sent or paused, and those that have just been submitted, the
    newest first.
    """
    return [
        _live(each, found.progress.get(each.issue.id, NO_PROGRESS), now)
        for each in found.issues
        if each.issue.state in LIVE or _has_just_ended(each, now)
    ]


def _has_just_ended(each: OpenIssue, now: dt.datetime) -> bool:
    return each.submitted_at is not None and each.submitted_at > now - SHOWN_AFTER


def _live(each: OpenIssue, progress: IssueProgress, now: dt.datetime) -> LiveIssue:
    rate, pending = _rate(each, progress, now), progress.count(DeliveryState.PENDING)
    left = math.ceil(pending / rate) if rate else 0
    return LiveIssue(
        open=each,
        progress=progress,
        note=_note(each, progress, rate, now),
        rate=rate,
        minutes_left=left,
        done_at=now + dt.timedelta(minutes=left) if left else None,
    )


def _begun_at(each: OpenIssue) -> dt.datetime | None:
    return max(filter(None, (each.frozen_at, each.resumed_at)), default=None)


def _rate(each: OpenIssue, progress: IssueProgress, now: dt.datetime) -> int:
    begun = _begun_at(each)
    if begun is None or each.issue.state is not IssueState.SENDING:
        return 0
    window = max(min(LATELY, now - begun), _SECOND)
    return round(progress.settled_lately * LATELY / window)


def _note(each: OpenIssue, progress: IssueProgress, rate: int, now: dt.datetime) -> LiveNote:
    if each.issue.state is IssueState.FREEZING:
        return LiveNote.FREEZING
    if each.issue.state is IssueState.PAUSED:
        return LiveNote.PAUSED
    if each.issue.state not in LIVE:
        return LiveNote.ENDED
    pending = progress.count(DeliveryState.PENDING)
    if not pending:
        return LiveNote.UNCERTAIN
    if progress.waiting and progress.waiting >= pending:
        holds = {
            HoldReason.CANARY: LiveNote.CANARY,
            HoldReason.TIME_OF_DAY: LiveNote.TIME_OF_DAY,
        }
        return holds[progress.hold] if progress.hold else LiveNote.WAITING
    if rate:
        return LiveNote.GOING
    begun = _begun_at(each)
    return LiveNote.STANDING if begun and now - begun > LATELY else LiveNote.BEGINNING
