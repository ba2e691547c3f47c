"""
The types of a run that asks people again: whom it asks, and what becomes of it and of each person.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from subscribers.history.model import Origin, OriginKind


class AskAudience(enum.StrEnum):
    """
    Whom a run asks: ALL who are active on the list, those of them in a SEGMENT, those who are
    PENDING and were never asked, or those of them who came by an IMPORT.
    """

    ALL = "all"
    SEGMENT = "segment"
    PENDING = "pending"
    IMPORT = "import"

    @property
    def is_pending(self) -> bool:
        """
        Return True if those who are asked are not on the list yet.
        """
        return self in (AskAudience.PENDING, AskAudience.IMPORT)


class AskRunState(enum.StrEnum):
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"


class AskedState(enum.StrEnum):
    """
    What became of a person in a run. WAITING: not asked yet. ASKED: the email was queued.
    ANSWERED: they want it. LEFT: they left, were suppressed or are no subscriber any more; nothing
    was done. NO_ANSWER: their subscription was ended. UNREACHED: it is not certain that they got
    the email, so nothing was done.
    """

    WAITING = "waiting"
    ASKED = "asked"
    ANSWERED = "answered"
    LEFT = "left"
    NO_ANSWER = "no_answer"
    UNREACHED = "unreached"


UNDECIDED = (AskedState.WAITING, AskedState.ASKED)
"""The states of those about whom the run has not decided yet."""


@dataclass(frozen=True, kw_only=True)
class AskTerms:
    """
    How a run asks: whom, how many in 24 hours at most, and how many days each has to answer.
    """

    audience: AskAudience
    per_day: int
    days: int
    segment: str | None = None
    import_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class AskRun:
    """
    A run as it is stored. What the history has after its row `history_before` may be an answer, and
    so are the consents after `consents_before`.
    """

    id: int
    list_id: int
    terms: AskTerms
    state: AskRunState
    by_name: str
    through: str
    started_at: dt.datetime
    ended_at: dt.datetime | None
    history_before: int
    consents_before: int

    @property
    def origin(self) -> Origin:
        """
        Return who it is that asks and ends people, in the history.
        """
        through = f"ask-again run {self.id}"
        return Origin(kind=OriginKind.STAFF, name=self.by_name, through=through)


@dataclass(frozen=True, kw_only=True)
class AskRunStatus:
    """
    A run with the number of its people by state. `ends_at` is when it ended, or will end if all
    emails are accepted at once.
    """

    run: AskRun
    ends_at: dt.datetime
    counts: Mapping[AskedState, int] = field(default_factory=dict)

    @property
    def people(self) -> int:
        return sum(self.counts.values())


class MailState(enum.StrEnum):
    """
    What is known of the email that asked: it was ACCEPTED by the provider, is still QUEUED, or
    FAILED: it was rejected, skipped, cancelled or bounced, or nobody knows.
    """

    ACCEPTED = "accepted"
    QUEUED = "queued"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class AskMail:
    """
    The email that asked a person, with the time at which it was accepted.
    """

    state: MailState
    accepted_at: dt.datetime | None = None
