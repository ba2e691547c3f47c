"""
Outgoing webhooks: the kinds of event that other programs can subscribe to, who is subscribed, and
how long an event is retried.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any


class OutgoingKind(enum.StrEnum):
    """
    What happened, as receivers read it in `type`.
    """

    ISSUE_APPROVAL_NEEDED = "issue.approval_needed"
    ISSUE_APPROVED = "issue.approved"
    ISSUE_SCHEDULED = "issue.scheduled"
    ISSUE_SUBMITTED = "issue.submitted"
    ISSUE_PAUSED = "issue.paused"
    ISSUE_CORRECTED = "issue.corrected"
    ISSUE_CANCELLED = "issue.cancelled"
    ISSUE_FAILED = "issue.failed"
    SCHEDULE_SKIPPED = "schedule.skipped"
    BRIEF_COLLECTED = "brief.collected"
    SUBSCRIBER_JOINED = "subscriber.joined"
    SUBSCRIBER_CONFIRMED = "subscriber.confirmed"
    SUBSCRIBER_LEFT = "subscriber.left"
    SUBSCRIBER_SUPPRESSED = "subscriber.suppressed"
    SUBSCRIBER_BOUNCED = "subscriber.bounced"
    SUBSCRIBER_COMPLAINED = "subscriber.complained"
    SUBSCRIBER_UPDATED = "subscriber.updated"
    SUBSCRIBER_TAGGED = "subscriber.tagged"
    IMPORT_FINISHED = "import.finished"
    EXPORT_READY = "export.ready"

    @property
    def is_personal(self) -> bool:
        """
        Return True if it is about a person, whose address is sent with it.
        """
        return self.value.startswith("subscriber.")

    @property
    def can_wait(self) -> bool:
        """
        Return True if other kinds go first when many events wait.
        """
        return self in _CAN_WAIT


_CAN_WAIT = frozenset(
    {
        OutgoingKind.BRIEF_COLLECTED,
        OutgoingKind.SUBSCRIBER_UPDATED,
        OutgoingKind.SUBSCRIBER_TAGGED,
    }
)


class WebhookState(enum.StrEnum):
    """
    Whether events are sent to a webhook. Those of a paused one wait.
    """

    ACTIVE = "active"
    PAUSED = "paused"


class PauseCause(enum.StrEnum):
    """
    Why a webhook is paused: by a person, because it failed for a day, or because its receiver said
    that it is gone.
    """

    PERSON = "person"
    FAILING = "failing"
    GONE = "gone"


class SendState(enum.StrEnum):
    """
    Whether an event has arrived at one webhook. FAILED: given up after three days.
    """

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class AttemptResult(enum.StrEnum):
    """
    How an attempt to send an event ended. REFUSED: with a status that does not mean success.
    """

    DELIVERED = "delivered"
    REFUSED = "refused"
    NO_RESPONSE = "no_response"


@dataclass(frozen=True, kw_only=True)
class OutgoingEvent:
    """
    Something that happened, to be reported. `subject` is what it is about: events of one subject
    are sent in order. `lists` are the ids of the lists it concerns, none if it is about all or
    about no list. `address` is a person's, and is not in `data`.
    """

    kind: OutgoingKind
    subject: str
    data: Mapping[str, Any]
    subscriber_id: int | None = None
    address: str | None = None
    lists: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class OutgoingWebhook:
    """
    A receiver, and what it is subscribed to. `lists` holds slugs, or is None for everything.
    `secret_key` names the secret of the installation from which its own is derived, with `salt`.
    `failing_since` is the time of the first failure after its last success. Until `previous_until`,
    requests are signed with the secret before its own, too.
    """

    id: int
    name: str
    url: str
    kinds: frozenset[OutgoingKind]
    lists: frozenset[str] | None
    state: WebhookState
    salt: str
    secret_key: str
    created_at: dt.datetime
    previous_salt: str | None = None
    previous_secret_key: str | None = None
    previous_until: dt.datetime | None = None
    pause_cause: PauseCause | None = None
    paused_at: dt.datetime | None = None
    failing_since: dt.datetime | None = None
    failures: int = 0
    next_at: dt.datetime | None = None
    last_success_at: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ClaimedEvent:
    """
    An event that this process may send to a webhook until `lease_until`. `attempts` counts the
    earlier ones.
    """

    webhook_id: int
    event_id: int
    key: str
    kind: OutgoingKind
    at: dt.datetime
    data: Mapping[str, Any]
    address: str | None
    subject: str
    attempts: int
    first_attempt_at: dt.datetime | None
    lease_until: dt.datetime

    @property
    def message_id(self) -> str:
        """
        Return the id that every attempt has, by which a receiver recognises a repetition.
        """
        return f"{self.key}_{self.webhook_id}"

    def payload(self) -> dict[str, Any]:
        """
        Return what is sent. What is about a person has their address, until they are erased.
        """
        data = dict(self.data)
        if self.kind.is_personal:
            data["address"] = self.address
        return {"type": self.kind.value, "timestamp": self.at.isoformat(), "data": data}


@dataclass(frozen=True, kw_only=True)
class SendResult:
    """
    What came of one attempt: the status of the response, or the error; `retry_after_s` as the
    receiver asked.
    """

    at: dt.datetime
    duration_ms: int
    status: int | None = None
    error: str = ""
    retry_after_s: float | None = None

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def outcome(self) -> AttemptResult:
        """
        Return how the attempt ended.
        """
        if self.status is None:
            return AttemptResult.NO_RESPONSE
        return AttemptResult.DELIVERED if self.is_delivered else AttemptResult.REFUSED

    @property
    def is_gone(self) -> bool:
        """
        Return True if the receiver said that nothing is to be sent there any more.
        """
        return self.status == 410


@dataclass(frozen=True, kw_only=True)
class LoggedAttempt:
    """
    An attempt as it was logged. `event_key` is that of the event, empty for a test and for an event
    that was deleted since; `kind` is that of the event, or `test`.
    """

    id: int
    at: dt.datetime
    event_id: int | None
    event_key: str
    kind: str
    status: int | None
    duration_ms: int
    error: str


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """
    When an event is sent again. The wait is four times as long after each attempt, give or take a
    fifth, from `first` to `longest`; after `give_up_after` from the first attempt there is none.

    After `failures_before_probe` failures in a row one event at a time is sent, to find out whether
    the receiver works again, at most `longest_probe` apart. A webhook without a success for
    `pause_after` is paused.
    """

    random: Random = field(default_factory=Random)
    first: dt.timedelta = dt.timedelta(seconds=5)
    longest: dt.timedelta = dt.timedelta(hours=10)
    give_up_after: dt.timedelta = dt.timedelta(days=3)
    failures_before_probe: int = 10
    longest_probe: dt.timedelta = dt.timedelta(minutes=5)
    pause_after: dt.timedelta = dt.timedelta(days=1)
    lease: dt.timedelta = dt.timedelta(seconds=90)

    def next_attempt(self, claimed: ClaimedEvent, result: SendResult) -> dt.datetime | None:
        """
        Return when to send the event again after a failure, or None to give up.
        """
        wait = self._wait(claimed.attempts)
        if result.retry_after_s is not None:
            asked = dt.timedelta(seconds=result.retry_after_s)
            wait = max(wait, min(asked, self.longest))
        first_at = claimed.first_attempt_at or result.at
        coming = result.at + wait
        return coming if coming - first_at <= self.give_up_after else None

    def next_probe(self, failures: int, *, now: dt.datetime) -> dt.datetime | None:
        """
        Return until when nothing is sent to a webhook after this many failures in a row, or None.
        """
        beyond = failures - self.failures_before_probe
        if beyond < 0:
            return None
        return now + min(self._wait(beyond), self.longest_probe)

    def _wait(self, attempts: int) -> dt.timedelta:
        times = 1 << 2 * min(attempts, 12)
        return min(self.first * times, self.longest) * (0.8 + 0.4 * self.random.random())
