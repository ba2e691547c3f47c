"""
A provider that is told what to answer and then reports as Postmark does, and the deliveries and
outcomes of an installation that receives its webhooks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from event_samples import postmark_body
from installation import Installation
from scripted_provider import Scripted, sending

from newsletter import pipeline
from newsletter.delivery.dispatch import Dispatcher
from newsletter.model.event import Event, EventKind
from newsletter.providers.postmark.events import read_events
from newsletter.store.events import inbox, outcomes
from newsletter.store.events.inbox import Arrival
from newsletter.store.tables import delivery
from newsletter.store.tables import webhook_inbox as inbox_table
from subscribers.suppression.records import suppressions_of
from subscribers.validation.address import parse_address

BODIES: Mapping[EventKind, dict[str, Any]] = {
    EventKind.DELIVERED: {"record": "Delivery", "when": "DeliveredAt"},
    EventKind.DEFERRED: {"record": "Bounce", "Type": "Transient", "when": "BouncedAt"},
    EventKind.BOUNCED_HARD: {"record": "Bounce", "Type": "HardBounce", "when": "BouncedAt"},
    EventKind.BOUNCED_SOFT: {"record": "Bounce", "Type": "SoftBounce", "when": "BouncedAt"},
    EventKind.BLOCKED: {"record": "Bounce", "Type": "Blocked", "when": "BouncedAt"},
    EventKind.COMPLAINED: {"record": "SpamComplaint", "when": "BouncedAt"},
    EventKind.OPENED: {"record": "Open", "when": "ReceivedAt"},
    EventKind.CLICKED: {"record": "Click", "when": "ReceivedAt"},
    EventKind.UNSUBSCRIBED: {
        "record": "SubscriptionChange",
        "SuppressSending": True,
        "SuppressionReason": "ManualSuppression",
        "when": "ChangedAt",
    },
}


class Talks(Scripted):
    """
    A provider whose every webhook counts as verified; the endpoint has tests of its own.
    """

    def verify(self, headers: Mapping[str, str], raw: bytes, url: str) -> bool:
        return True

    def events(self, raw: bytes) -> list[Event]:
        return read_events(raw)


class ReportedIssue:
    """
    An issue that is being sent, and what is reported about it. `numbers` are its deliveries, in
    order.
    """

    def __init__(self, installation: Installation, issue_id: int, dispatcher: Dispatcher) -> None:
        self.installation, self.issue_id, self.dispatcher = installation, issue_id, dispatcher
        with installation.app.database.read() as connection:
            found = sa.select(delivery.c.id).where(delivery.c.issue_id == self.issue_id)
            self.numbers = list(connection.scalars(found.order_by(delivery.c.id)))

    def label(self, place: int, *, issue_id: int | None = None) -> str:
        instance = self.installation.instance(self.issue_id)
        return f"i{issue_id or self.issue_id}-d{self.numbers[place]}.{instance}"

    def body(self, place: int, kind: EventKind, *, after_s: float = 60, **fields: Any) -> bytes:
        """
        Return the provider's report about one delivery, that many seconds after the installation's
        clock.
        """
        defaults = dict(BODIES[kind])
        when = (self.installation.now + dt.timedelta(seconds=after_s)).isoformat()
        defaults |= {defaults.pop("when"): when, "label": self.label(place)}
        record = str((defaults | fields).pop("record"))
        defaults.pop("record")
        return postmark_body(record, **(defaults | fields))

    def receive(self, *bodies: bytes) -> None:
        """
        Put webhooks into the inbox and process them.
        """
        store_webhooks(self.installation, *bodies)
        while self.installation.app.event_processor.process_due():
            pass

    def says(self, place: int, kind: EventKind, **fields: Any) -> None:
        self.receive(self.body(place, kind, **fields))

    def kinds(self, place: int) -> set[str]:
        with self.installation.app.database.read() as connection:
            found = outcomes.outcome_of(connection, self.numbers[place])
        return {kind.value for kind in found.first_seen}

    def counted(self) -> dict[str, int]:
        with self.installation.app.database.read() as connection:
            found = outcomes.count_outcomes(connection, self.issue_id)
        return {kind: people for kind, people in found.items() if people}


def reported_issue(
    installation: Installation, provider: Talks, *, readers: int = 2
) -> ReportedIssue:
    """
    Freeze an issue to some readers for *provider*.
    """
    return ReportedIssue(installation, *sending(installation, provider, readers=readers))


def another(reported: ReportedIssue) -> ReportedIssue:
    """
    Freeze another issue to the same readers.
    """
    issue_id = reported.installation.add_issue(f"Brief {reported.issue_id + 1}")
    pipeline.publish_issue(reported.installation.app.publishing, issue_id)
    return ReportedIssue(reported.installation, issue_id, reported.dispatcher)


def store_webhooks(installation: Installation, *bodies: bytes, provider: str = "outbox") -> None:
    with installation.app.database.write() as connection:
        for raw in bodies:
            inbox.add(connection, Arrival(provider=provider, raw=raw, at=installation.now))


def dispositions(installation: Installation) -> list[str | None]:
    """
    Return what became of each webhook, in order of arrival; None for those that wait.
    """
    with installation.app.database.read() as connection:
        found = sa.select(inbox_table.c.disposition).order_by(inbox_table.c.id)
        return list(connection.scalars(found))


def suppressed(installation: Installation, address: str) -> list[tuple[str, str]]:
    """
    Return reason and scope of every suppression of an address.
    """
    with installation.app.database.read() as connection:
        held = suppressions_of(connection, parse_address(address))
    return [(one.reason.value, one.scope) for one in held]
