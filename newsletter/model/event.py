"""
What the world says after a hand-over: one report of a provider about one message, in our words,
and what all reports about one delivery come to.

Reports come late, twice, out of order, or never. `merged` keeps the first time of each kind, so
that whoever hears the same reports in whatever order knows the same.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


class EventKind(enum.StrEnum):
    """
    What happened. A bounce is hard (refused for good), soft (for now), or blocked: refused for
    policy or reputation, which is the sender's fault and not the address's. LEFT: the reader
    unsubscribed at the provider.
    """

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCED_HARD = "bounced_hard"
    BOUNCED_SOFT = "bounced_soft"
    BLOCKED = "blocked"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "left"
    OPENED = "opened"
    CLICKED = "clicked"


IN_WORDS: Mapping[EventKind, str] = {
    EventKind.ACCEPTED: "taken in",
    EventKind.DEFERRED: "put off by the receiving server",
    EventKind.DELIVERED: "delivered",
    EventKind.BOUNCED_HARD: "bounced for good",
    EventKind.BOUNCED_SOFT: "bounced for now",
    EventKind.BLOCKED: "refused for policy or reputation",
    EventKind.COMPLAINED: "complained about",
    EventKind.UNSUBSCRIBED: "unsubscribed at the provider",
    EventKind.OPENED: "opened",
    EventKind.CLICKED: "clicked",
}
# No mail of ours is older: where a clock begins (the year 1, or 1970), nobody noted the time.
EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
# Of several refusals the gravest one's words are kept.
_GRAVITY = {EventKind.BOUNCED_HARD: 3, EventKind.BLOCKED: 2, EventKind.BOUNCED_SOFT: 1}


@dataclass(frozen=True, kw_only=True)
class Event:
    """
    One report. `label` is what we wrote into the message about its delivery, as it came back;
    `batch` the key of its call, which with `email` names the delivery too, and so does `message`,
    the provider's own name for it, where a search gives nothing of ours back. `at` is None where
    the provider does not say; `detail` holds a receiving server's words, without addresses, for it
    outlives an erasure.
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
    When each kind of event was first seen of one delivery, and the words of its gravest bounce.
    """

    first_seen: Mapping[EventKind, dt.datetime] = dataclasses.field(default_factory=dict)
    bounce: EventKind | None = None
    bounced_at: dt.datetime | None = None
    detail: str = ""


def happened_at(event: Event, heard_at: dt.datetime) -> dt.datetime:
    """
    When *event*, which was heard at that time, has happened: never later than it was heard, and
    just then where nobody noted it.
    """
    if event.at is None or event.at < EARLIEST:
        return heard_at
    return min(event.at, heard_at)


def merge_event(known: Outcome, event: Event, *, heard_at: dt.datetime) -> Outcome:
    """
    *known* after *event*, which was heard at that time. Any order and number of the same events
    gives the same.
    """
    at = happened_at(event, heard_at)
    first = {**known.first_seen, event.kind: min(at, known.first_seen.get(event.kind, at))}
    told = dataclasses.replace(known, first_seen=first)
    if event.kind not in _GRAVITY or _weight(known) >= _weight(_of_bounce(event, at)):
        return told
    return dataclasses.replace(_of_bounce(event, at), first_seen=first)


def _of_bounce(event: Event, at: dt.datetime) -> Outcome:
    return Outcome(bounce=event.kind, bounced_at=at, detail=event.detail)


def _weight(one: Outcome) -> tuple[int, bool, float, str]:
    """
    The graver bounce weighs more, then one that has words, then the earlier.
    """
    if one.bounce is None or one.bounced_at is None:
        return (0, False, 0.0, "")
    return (_GRAVITY[one.bounce], bool(one.detail), -one.bounced_at.timestamp(), one.detail)


class UnreadableEvent(ValueError):
    """
    What a provider sent has not the form its pages describe.
    """


class WebhookReceiver(Protocol):
    """
    The half of a provider that hears: what its webhooks prove, and what they say.
    """

    def verify(self, headers: Mapping[str, str], raw: bytes) -> bool:
        """
        Whether the bytes *raw* come from the provider, and lately where it signs a time. Names of
        *headers* are in lower case. Without a secret to go by nothing is believed.
        """
        ...

    def events(self, raw: bytes) -> list[Event]:
        """
        What *raw*, once verified, says of our mails, in our words; kinds we do not use are left
        out. Headers are not kept, for they hold secrets.

        Raises:
            UnreadableEvent: it has another form.
        """
        ...


@runtime_checkable
class TopicSubscriber(Protocol):
    """
    A provider whose events come over a service of topics: it first asks whether they are wanted,
    and may bring one of them twice in other bytes.
    """

    def answer(self, raw: bytes) -> str | None:
        """
        What was done about *raw*, once verified, where it is about the subscription itself, for a
        person; None where it holds an event.

        Raises:
            FetchError: it could not be answered now.
        """
        ...

    def message_name(self, raw: bytes) -> bytes:
        """
        What *raw*, once verified, has in common with the same event told again.
        """
        ...


@runtime_checkable
class EventHistory(Protocol):
    """
    A provider that can be asked later what it told, where a webhook never came.
    """

    def events_since(self, since: dt.datetime) -> Iterator[bytes]:
        """
        What it told since that moment of mails that were refused or complained about, and of
        readers who left there: one report each, in a form that `events` reads. Asks for a page
        when the one before is used up.

        Raises:
            ProviderError: it cannot be asked now, or has more to tell than pages are asked for.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class DeliveryRef:
    """
    A delivery as an event names it: by its issue and number, by its issue and the address's key,
    or by that key and the provider's own name for the message.
    """

    issue_id: int | None = None
    delivery_id: int | None = None
    email_key: str = ""
    provider_id: str = ""
