"""
What happens to people becomes events for webhooks, in the same transaction.
"""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from installation import Installation
from origins import STAFF
from receivers import receiving

from newsletter.actions.people import subscribers
from newsletter.events.outgoing.person_events import events_in
from newsletter.model.access import OPERATOR
from newsletter.store.tables import outgoing_delivery, outgoing_event
from subscribers.history.model import HistoryEvent, HistoryRecord
from subscribers.lists import find_list
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.validation.address import parse_address

ADA = "Ada@example.org"


def record(what: HistoryEvent, **detail: Any) -> HistoryRecord:
    return HistoryRecord(what=what, subscriber_id=7, list_id=3, detail=detail)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (record(HistoryEvent.JOINED, state="pending"), [("joined", {"state": "pending"})]),
        (record(HistoryEvent.CONFIRMED), [("confirmed", {})]),
        (record(HistoryEvent.RETURNED), [("joined", {"state": "active"})]),
        (record(HistoryEvent.LEFT, reason="r"), [("left", {"reason": "r"})]),
        (record(HistoryEvent.SUPPRESSED, reason="bounce"), [("suppressed", {"reason": "bounce"})]),
        (record(HistoryEvent.ERASED), [("left", {"reason": "erased"})]),
        (record(HistoryEvent.CHANGED, name="x"), []),
        (record(HistoryEvent.RELEASED), []),
        (record(HistoryEvent.EXPIRED), []),
        (
            record(HistoryEvent.IMPORTED, state={"before": None, "after": "active"}),
            [("joined", {"state": "active"})],
        ),
        (
            record(HistoryEvent.IMPORTED, state={"before": "pending", "after": "active"}),
            [("confirmed", {})],
        ),
        (
            record(
                HistoryEvent.IMPORTED,
                state={"before": "active", "after": "ended"},
                suppressed={"before": None, "after": "bounce"},
            ),
            [("left", {"reason": "import"}), ("suppressed", {"reason": "bounce"})],
        ),
        (
            record(
                HistoryEvent.CHANGED, import_undone=4, state={"before": "active", "after": None}
            ),
            [("left", {"reason": "import undone"})],
        ),
    ],
)
def test_a_record_of_the_history_becomes_events(
    given: HistoryRecord, expected: list[tuple[str, dict[str, str]]]
) -> None:
    found = [(event.kind.removeprefix("subscriber."), event.detail) for event in events_in(given)]
    assert found == expected


def test_joining_and_leaving_are_sent_in_order_with_the_address(
    installation: Installation,
) -> None:
    installation.add_list()
    with receiving(installation, kinds=["subscriber.joined", "subscriber.left"]) as receiver:
        installation.subscribe([ADA])
        installation.unsubscribe(ADA)
        receiver.send()
    person = {"subscriber_id": 1, "address": ADA, "list": "daily", "by": "staff"}
    assert receiver.data() == [
        {"type": "subscriber.joined", "state": "active", **person},
        {"type": "subscriber.left", "reason": "by the reader", **person},
    ]


def test_a_change_that_is_rolled_back_leaves_no_event(installation: Installation) -> None:
    installation.add_list()
    with receiving(installation) as receiver:
        with installation.app.database.write() as connection:
            suppress(
                connection,
                parse_address(ADA),
                reason=SuppressionReason.MANUAL,
                by=STAFF,
                now=installation.now,
            )
            connection.rollback()
        receiver.send()
    assert receiver.requests == []


def test_nothing_is_written_that_no_webhook_wants(installation: Installation) -> None:
    installation.add_list()
    with receiving(installation, kinds=["issue.submitted"]):
        installation.subscribe([ADA])
    with installation.app.database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(outgoing_event)) == 0


def test_a_webhook_limited_to_a_list_gets_what_concerns_its_people(
    installation: Installation,
) -> None:
    installation.add_list("daily")
    installation.add_list("weekly")
    with receiving(installation, lists=["daily"]) as receiver:
        installation.subscribe([ADA], "daily")
        installation.subscribe(["bob@example.org"], "weekly")
        with installation.app.database.write() as connection:
            for address in (ADA, "bob@example.org", "nobody@example.org"):
                suppress(
                    connection,
                    parse_address(address),
                    reason=SuppressionReason.COMPLAINT,
                    by=STAFF,
                    now=installation.now,
                )
        receiver.send()
    assert [(each["type"], each["address"], each["list"]) for each in receiver.data()] == [
        ("subscriber.joined", ADA, "daily"),
        ("subscriber.suppressed", ADA, None),
    ]


def test_a_webhook_whose_only_list_was_removed_gets_nothing(installation: Installation) -> None:
    installation.add_list("daily")
    installation.add_list("weekly")
    with receiving(installation, lists=["weekly"]) as receiver:
        with installation.app.database.write() as connection:
            number = find_list(connection, "weekly").id
            connection.execute(sa.text("DELETE FROM mailing_list WHERE id = :id"), {"id": number})
        installation.subscribe([ADA], "daily")
        receiver.send()
    assert receiver.requests == []


def test_what_waits_about_an_erased_person_loses_the_address(installation: Installation) -> None:
    installation.add_list()
    with receiving(installation) as receiver:
        installation.subscribe([ADA])
        installation.unsubscribe(ADA)
        subscribers.forget(installation.app, ADA, by=OPERATOR)
        receiver.send()
    assert [(each["type"], each["address"], each.get("reason")) for each in receiver.data()] == [
        ("subscriber.joined", None, None),
        ("subscriber.left", None, None),
        ("subscriber.left", None, "erased"),
    ]


def test_an_address_of_nobody_is_forgotten_too(installation: Installation) -> None:
    installation.add_list()
    with receiving(installation) as receiver:
        with installation.app.database.write() as connection:
            suppress(
                connection,
                parse_address(ADA),
                reason=SuppressionReason.MANUAL,
                by=STAFF,
                now=installation.now,
            )
        subscribers.forget(installation.app, ADA, by=OPERATOR)
        with installation.app.database.read() as connection:
            subjects = set(connection.scalars(sa.select(outgoing_delivery.c.subject)))
        receiver.send()
    assert [each["address"] for each in receiver.data()] == [None]
    assert subjects == {"e1"}


def test_an_import_writes_two_statements_for_a_thousand_people(
    installation: Installation,
) -> None:
    installation.add_list()
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "INTO outgoing_" in statement.replace('"', ""):
            statements.append(statement)

    with receiving(installation, kinds=["subscriber.joined"]):
        sa.event.listen(installation.app.database.engine, "before_cursor_execute", note)
        installation.add_readers(1000)
        sa.event.remove(installation.app.database.engine, "before_cursor_execute", note)
    assert len(statements) == 2
    with installation.app.database.read() as connection:
        addresses = set(connection.scalars(sa.select(outgoing_event.c.address)))
        subjects = set(connection.scalars(sa.select(outgoing_delivery.c.subject)))
    assert (len(addresses), len(subjects)) == (1000, 1000)
