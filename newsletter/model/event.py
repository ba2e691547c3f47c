"""
Events: what a provider reports about one mail after its submission, and the outcome of a delivery
that follows from all of its events.

Events arrive late, twice, out of order, or never. `merge_event` keeps the first time of each kind,
so that the same events in any order give the same outcome.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from subscribers.text.phrases import phrase


class EventKind(enum.StrEnum):
    """
    What happened. A bounce is hard (refused for good), soft (for now), or blocked: refused for
    policy or reputation, which is the sender's fault and not the address's. UNSUBSCRIBED: at the
    provider, not here.
    """

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCED_HARD = "bounced_hard"
    BOUNCED_SOFT = "bounced_soft"
    BLOCKED = "blocked"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    OPENED = "opened"
    CLICKED = "clicked"


IN_WORDS: Mapping[EventKind, str] = {
    EventKind.ACCEPTED: phrase("accepted"),
    EventKind.DEFERRED: phrase("deferred by the receiving server"),
    EventKind.DELIVERED: phrase("delivered"),
    EventKind.BOUNCED_HARD: phrase("hard bounce"),
    EventKind.BOUNCED_SOFT: phrase("soft bounce"),
    EventKind.BLOCKED: phrase("blocked for policy or reputation"),
    EventKind.COMPLAINED: phrase("marked as spam"),
    EventKind.UNSUBSCRIBED: phrase("unsubscribed at the provider"),
    EventKind.OPENED: phrase("opened"),
    EventKind.CLICKED: phrase("clicked"),
}
# What a reader does. Adapters leave out those that the provider says a machine did.
BY_READERS = (EventKind.OPENED, EventKind.CLICKED)
# No mail of ours is older than this. An earlier time, such as year 1 or 1970, means that none was
# given.
EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
# Of several bounces the detail of the most serious one is kept.
_GRAVITY = {EventKind.BOUNCED_HARD: 3, EventKind.BLOCKED: 2, EventKind.BOUNCED_SOFT: 1}


@dataclass(frozen=True, kw_only=True)
class Event:
    """
    One report. `label` is the label of the message as it came back; `batch` is the key of its call,
    which with `email` identifies the delivery too. `message` is the provider's own name for the
    message, for events that carry none of our names. `at` is None if the provider does not say;
    `detail` is the reply of the receiving server, without addresses, because it is kept after an
    erasure.
    """

    kind: EventKind
    at: dt.datetime | None
    label: str = ""
    batch: str = ""
    email: str = ""
    message: str = ""
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """
    When each kind of event of one delivery was first seen, and the detail of its most serious
    bounce.
    """

    first_seen: Mapping[EventKind, dt.datetime] = dataclasses.field(default_factory=dict)
    bounce: EventKind | None = None
    bounced_at: dt.datetime | None = None
    detail: str = ""


def happened_at(event: Event, received_at: dt.datetime) -> dt.datetime:
    """
    Return when *event* happened. If it has no time, or one after it was received, return when it
    was received.
    """
    if event.at is None or event.at < EARLIEST:
        return received_at
    return min(event.at, received_at)


def merge_event(known: Outcome, event: Event, *, received_at: dt.datetime) -> Outcome:
    """
    Return the outcome *known* with *event* added. Any order and number of the same events gives the
    same outcome.
    """
    at = happened_at(event, received_at)
    first = {**known.first_seen, event.kind: min(at, known.first_seen.get(event.kind, at))}
    merged = dataclasses.replace(known, first_seen=first)
    if event.kind not in _GRAVITY or _weight(known) >= _weight(_of_bounce(event, at)):
        return merged
    return dataclasses.replace(_of_bounce(event, at), first_seen=first)


def _of_bounce(event: Event, at: dt.datetime) -> Outcome:
    return Outcome(bounce=event.kind, bounced_at=at, detail=event.detail)


def _weight(outcome: Outcome) -> tuple[int, bool, float, str]:
    """
    Rank bounces: the more serious first, then one with a detail, then the earlier.
    """
    if outcome.bounce is None or outcome.bounced_at is None:
        return (0, False, 0.0, "")
    has_detail, bounced_at = bool(outcome.detail), outcome.bounced_at.timestamp()
    return (_GRAVITY[outcome.bounce], has_detail, -bounced_at, outcome.detail)


class UnreadableEvent(ValueError):
    """
    A webhook that does not have the form the provider documents.
    """


class WebhookReceiver(Protocol):
    """
    The half of a provider that receives webhooks: verify them, and parse their events.
    """

    def verify(self, headers: Mapping[str, str], raw: bytes, url: str) -> bool:
        """
        Return whether *raw* was sent by the provider and, if the provider signs the time, was sent
        recently. Names of *headers* are in lower case; *url* is the webhook's address as the
        provider calls it, which some sign too. Without a secret the result is always False.
        """
        ...

    def events(self, raw: bytes) -> list[Event]:
        """
        Parse the verified *raw* into events; kinds we do not use are left out. The headers are not
        available here, because they contain secrets and are not stored.

        Raises:
            UnreadableEvent: it does not have the documented form.
        """
        ...


@runtime_checkable
class TopicSubscriber(Protocol):
    """
    A provider whose events arrive through a topic service, which first asks for a confirmation of
    the subscription, and may send one event twice in different bytes.
    """

    def answer(self, raw: bytes) -> str | None:
        """
        Handle the verified *raw* if it is about the subscription itself, and return for a person
        what was done; return None if it holds an event.

        Raises:
            FetchError: it cannot be answered at the moment.
        """
        ...

    def message_name(self, raw: bytes) -> bytes:
        """
        Return the part of the verified *raw* that is the same when one event is sent twice.
        """
        ...


@runtime_checkable
class EventHistory(Protocol):
    """
    A provider that can be asked for past events, in case a webhook never arrived.
    """

    def events_since(self, since: dt.datetime) -> Iterator[bytes]:
        """
        Yield the bounces, complaints and unsubscribes since that time, one report each, in a form
        that `events` parses. Each page is requested once the previous one is exhausted.

        Raises:
            ProviderError: it cannot be asked at the moment, or has more pages than the limit.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class DeliveryRef:
    """
    A delivery as an event names it: by its issue and number, by its issue, the address's key and
    the occasion, or by that key and the provider's own name for the message. `epoch` is that in
    which the issue was frozen, and None if the event does not say.
    """

    issue_id: int | None = None
    delivery_id: int | None = None
    email_key: str = ""
    occasion: int = 0
    provider_id: str = ""
    epoch: str | None = dataclasses.field(default=None, compare=False)
