"""
What happens to people becomes events for webhooks, in the same transaction.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa
from installation import Installation
from origins import READER, STAFF
from receivers import receiving

from newsletter.actions.people import subscribers
from newsletter.actions.people.files import imports
from newsletter.events.outgoing.dispatcher import SentEvent, WebhookDispatcher
from newsletter.events.outgoing.person_events import events_in
from newsletter.model.access import OPERATOR
from newsletter.model.outgoing import OutgoingEvent, OutgoingKind
from newsletter.store.outgoing.deliveries import claim_events
from newsletter.store.outgoing.events import add_events, webhook_filters
from newsletter.store.outgoing.webhooks import find_webhook
from newsletter.store.tables import outgoing_delivery, outgoing_event
from newsletter.workers.webhook_sender import CLAIMED
from subscribers.database.job_tables import file_job
from subscribers.database.tables import subscriber
from subscribers.history.model import HistoryEvent, HistoryRecord
from subscribers.lists import find_list
from subscribers.signup.join import join
from subscribers.signup.model import SignUp
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.tags.records import change_tags
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
        (record(HistoryEvent.RELEASED), []),
        (record(HistoryEvent.EXPIRED), []),
        # Who asked to join waits, unless the record says how they stand.
        (record(HistoryEvent.JOINED, form="f"), [("joined", {"state": "pending"})]),
        (record(HistoryEvent.JOINED, standing="ended"), [("joined", {"state": "ended"})]),
        (
            record(HistoryEvent.CHANGED, name={"before": "", "after": "Ada"}, fields={"city": {}}),
            [("updated", {"changed": ["fields.city", "name"]})],
        ),
        (
            record(HistoryEvent.CHANGED, email={"before": "a…", "after": "b…"}),
            [("updated", {"changed": ["address"]})],
        ),
        (
            record(HistoryEvent.CHANGED, tags={"before": ["vip"], "after": ["press"]}),
            [("tagged", {"added": ["press"], "removed": ["vip"]})],
        ),
        (record(HistoryEvent.CHANGED, asked_to_confirm=4), []),
        (
            record(
                HistoryEvent.CHANGED, import_undone=4, state={"before": "active", "after": None}
            ),
            [],
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
        subscribers.erase_person(installation.app, ADA, by=OPERATOR)
        receiver.send()
    assert [(each["type"], each["address"], each.get("reason")) for each in receiver.data()] == [
        ("subscriber.joined", None, None),
        ("subscriber.left", None, ""),
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
        subscribers.erase_person(installation.app, ADA, by=OPERATOR)
        with installation.app.database.read() as connection:
            subjects = set(connection.scalars(sa.select(outgoing_delivery.c.subject)))
        receiver.send()
    assert [each["address"] for each in receiver.data()] == [None]
    assert subjects == {"e1"}


def test_an_import_is_one_event_and_its_undo_another(installation: Installation) -> None:
    installation.add_list()
    with receiving(installation) as receiver:
        installation.add_readers(1000)
        with installation.app.database.read() as connection:
            number = connection.scalars(sa.select(file_job.c.id)).one()
        imports.undo_import(installation.app, number, by=OPERATOR)
        receiver.send()
    assert [(each["type"], each["state"], each["rows"]["created"]) for each in receiver.data()] == [
        ("import.finished", "done", 1000),
        ("import.finished", "undone", 1000),
    ]


def test_a_confirmation_overtakes_the_events_of_a_bulk_change(installation: Installation) -> None:
    installation.add_list()
    everybody = installation.add_readers(500)
    with receiving(installation) as receiver:
        tag_everybody(installation)
        installation.unsubscribe(everybody[400])
        installation.subscribe([ADA])
        claims = send_claim_by_claim(installation, "crm")
    types = receiver.types()
    assert types == [kind for claim in claims for kind in claim]
    assert Counter(types)["subscriber.tagged"] == 500
    # Nothing of the bulk change that was claimed later was sent before the join. The reader's leave
    # waits for the reader's own tags, but not for those of everybody else.
    (joined,) = (n for n, claim in enumerate(claims) if "subscriber.joined" in claim)
    (left,) = (n for n, claim in enumerate(claims) if "subscriber.left" in claim)
    assert (joined, left) == (0, 1)


def test_events_about_one_reader_are_sent_in_order(installation: Installation) -> None:
    installation.add_list()
    everybody = installation.add_readers(500)
    with receiving(installation) as receiver:
        tag_everybody(installation)
        installation.unsubscribe(everybody[400])
        receiver.send()
    of_reader = [each["type"] for each in receiver.data() if each["address"] == everybody[400]]
    assert of_reader == ["subscriber.tagged", "subscriber.left"]
    assert len(receiver.requests) == 501


def send_claim_by_claim(installation: Installation, name: str) -> list[list[str]]:
    """
    Send what is due to a webhook, one event after another, and return the kinds of each claim.
    """
    app = installation.app
    dispatcher = WebhookDispatcher(
        database=app.database, poster=app.poster, secrets=app.webhook_secrets, clock=app.clock
    )
    with app.database.read() as connection:
        number = find_webhook(connection, name).id
    claims: list[list[str]] = []
    sent: list[SentEvent] = []
    while claimed := dispatcher.settle_and_claim(number, sent, limit=CLAIMED):
        if not claimed.events:
            break
        claims.append([event.kind.value for event in claimed.events])
        sent = [dispatcher.send(claimed.webhook, event) for event in claimed.events]
    return claims


def tag_everybody(installation: Installation) -> None:
    with installation.app.database.write() as connection:
        people = list(connection.scalars(sa.select(subscriber.c.id)))
        change_tags(connection, people, add=["press"], by=STAFF, now=installation.now)


def test_bulk_events_keep_a_part_of_each_claim(installation: Installation) -> None:
    installation.add_list()
    with receiving(installation):
        with installation.app.database.write() as connection:
            webhook = find_webhook(connection, "crm")
            filters = webhook_filters(connection, set(OutgoingKind))
            many = [about(n, OutgoingKind.SUBSCRIBER_TAGGED) for n in range(100)]
            add_events(connection, many, filters, now=installation.now)
            for n in range(100, 140):
                urgent = [about(n, OutgoingKind.SUBSCRIBER_JOINED)]
                add_events(connection, urgent, filters, now=installation.now)
        with installation.app.database.write() as connection:
            claimed = claim_events(
                connection,
                webhook.id,
                limit=16,
                now=installation.now,
                lease_until=installation.now + dt.timedelta(minutes=1),
            )
    kinds = Counter(each.kind for each in claimed)
    assert kinds == {OutgoingKind.SUBSCRIBER_JOINED: 12, OutgoingKind.SUBSCRIBER_TAGGED: 4}


def about(number: int, kind: OutgoingKind) -> OutgoingEvent:
    return OutgoingEvent(kind=kind, subject=f"p{number}", data={}, subscriber_id=number)


def test_who_asks_to_join_is_pending_and_who_left_stays_so(installation: Installation) -> None:
    installation.add_list()
    installation.subscribe(["bob@example.org", "eve@example.org"])
    installation.unsubscribe("bob@example.org")
    with receiving(installation, kinds=["subscriber.joined"]) as receiver:
        for address in (ADA, "bob@example.org", "eve@example.org"):
            keys, now = installation.app.links.keys, installation.now
            with installation.app.database.write() as connection:
                daily = find_list(connection, "daily")
                asked = SignUp(address=parse_address(address), lists=[daily], form="join page")
                join(connection, asked, keyring=keys, by=READER, now=now)
        receiver.send()
    states = {each["address"]: each["state"] for each in receiver.data()}
    assert states == {ADA: "pending", "bob@example.org": "ended", "eve@example.org": "active"}
