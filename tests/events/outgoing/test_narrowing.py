"""
A webhook that is limited to fewer kinds or lists is not sent what it got, or waited for, before.
"""

from __future__ import annotations

import datetime as dt

from installation import Installation
from origins import STAFF
from receivers import Receiver, receiving

from newsletter.actions.operations import webhook_attempts, webhooks
from newsletter.actions.operations.webhook_attempts import ReplayChoice
from newsletter.model.access import OPERATOR
from newsletter.model.outgoing import OutgoingEvent, OutgoingKind, SendState
from newsletter.store.outgoing.events import add_events, webhook_filters
from newsletter.store.outgoing.issue_events import add_export_event
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.validation.address import parse_address

NAME = "crm"
ADA, BOB = "ada@example.org", "bob@example.org"


def happen(installation: Installation) -> None:
    """
    Let something of every sort happen on the lists daily and weekly.
    """
    for slug, address in (("daily", ADA), ("weekly", BOB)):
        installation.add_list(slug)
        installation.subscribe([address], slug)
    with installation.app.database.write() as connection:
        for address in (ADA, BOB):
            suppress(
                connection,
                parse_address(address),
                reason=SuppressionReason.COMPLAINT,
                by=STAFF,
                now=installation.now,
            )
        for number, list_id in ((1, 1), (2, 2), (3, None)):
            add_export_event(connection, number, people=1, list_id=list_id, now=installation.now)
        events = [
            OutgoingEvent(kind=kind, subject="i1", data={"lists": slugs, "brief_id": 1})
            for kind, slugs in (
                (OutgoingKind.ISSUE_SUBMITTED, ["daily", "weekly"]),
                (OutgoingKind.ISSUE_PAUSED, ["weekly"]),
                (OutgoingKind.BRIEF_COLLECTED, []),
            )
        ]
        add_events(
            connection,
            events,
            webhook_filters(connection, list(OutgoingKind)),
            now=installation.now,
        )


def sent(receiver: Receiver) -> list[tuple[str, str | None]]:
    return sorted((each["type"], each.get("address")) for each in receiver.data())


OF_DAILY = [
    ("export.ready", None),
    ("issue.submitted", None),
    ("subscriber.joined", ADA),
    ("subscriber.suppressed", ADA),
]


def test_what_waits_for_a_webhook_is_dropped_if_it_is_limited_to_another_list(
    installation: Installation,
) -> None:
    with receiving(installation) as receiver:
        happen(installation)
        webhooks.edit(installation.app, NAME, lists=["daily"], by=OPERATOR)
        receiver.send()
    assert sent(receiver) == OF_DAILY


def test_a_replay_sends_nothing_of_a_list_that_a_webhook_is_no_longer_for(
    installation: Installation,
) -> None:
    with receiving(installation) as receiver:
        happen(installation)
        receiver.send()
        webhooks.edit(installation.app, NAME, lists=["daily"], by=OPERATOR)
        receiver.requests.clear()
        since = (installation.now - dt.timedelta(hours=1)).isoformat()
        installation.now += dt.timedelta(minutes=1)
        choice = ReplayChoice(since=since)
        webhook_attempts.replay(installation.app, NAME, choice, by=OPERATOR)
        receiver.send()
    assert sent(receiver) == OF_DAILY


def test_what_waits_for_a_webhook_is_dropped_if_it_wants_other_kinds(
    installation: Installation,
) -> None:
    with receiving(installation) as receiver:
        happen(installation)
        webhooks.edit(installation.app, NAME, kinds=["issue.paused"], by=OPERATOR)
        receiver.send()
    assert [each["type"] for each in receiver.data()] == ["issue.paused"]


def test_a_webhook_that_gets_more_kinds_or_lists_loses_nothing(installation: Installation) -> None:
    with receiving(installation):
        happen(installation)
        for lists in (["daily", "weekly"], []):
            changed = webhooks.edit(installation.app, NAME, lists=lists, by=OPERATOR)
    assert changed.details.events[SendState.WAITING] == 8
