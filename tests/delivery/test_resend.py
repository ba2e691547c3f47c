"""
Send an issue again to named people: a decision about each of them, kept in the ledger as a new
occasion, and nothing that a second command, a crash or a suppression could turn into one more copy.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from installation import Installation
from origins import STAFF
from scripted_provider import ACCEPTED, UNCERTAIN, Scripted, all_of, each, sending, submit_next

from newsletter import pipeline
from newsletter.actions.issues import issue_delivery, issue_status, resending
from newsletter.actions.people import lists
from newsletter.delivery import trace
from newsletter.errors import Refused
from newsletter.model.access import OPERATOR
from newsletter.model.delivery import DeliveryState, Receipt, ReceiptKind
from newsletter.store.delivery.status.counts import count_deliveries
from newsletter.store.delivery.status.decisions import resolve_uncertain
from newsletter.store.epochs import begin_epoch
from newsletter.store.tables import batch, delivery, issue
from subscribers.errors import UnknownSubscriber
from subscribers.fields.declare import add_field, find_field, remove_field
from subscribers.fields.model import FieldType
from subscribers.fields.values import set_values
from subscribers.history.records import history_of
from subscribers.people import subscriber_by_address
from subscribers.person_edits import edit_person
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.validation.address import parse_address

ADA, BOB, EVE = "reader0000@example.org", "reader0001@example.org", "eve@example.org"
REJECTED = Receipt(kind=ReceiptKind.REJECTED, reason="mailbox full")


def sent(installation: Installation, provider: Scripted) -> int:
    """
    Send an issue to two readers through *provider*, which answers once.
    """
    issue_id, dispatcher = sending(installation, provider)
    assert submit_next(dispatcher)
    return issue_id


def resend(installation: Installation, issue_id: int, *addresses: str, again: bool = False) -> int:
    return resending.resend(
        installation.app, issue_id, addresses or [BOB], again=again, by=OPERATOR
    )


def submit(installation: Installation) -> None:
    assert submit_next(installation.app.dispatcher("me"))


def answering(*answers: Callable[[int], object]) -> Scripted:
    return Scripted([*answers])  # type: ignore[list-item]


BOB_REJECTED = each(ACCEPTED, REJECTED)


def test_who_rejected_an_issue_gets_it_once_more_and_nobody_else(installation: Installation):
    provider = answering(BOB_REJECTED, all_of(ACCEPTED))
    issue_id = sent(installation, provider)
    assert installation.state(issue_id) == "submitted"
    assert resend(installation, issue_id) == 1
    assert installation.state(issue_id) == "sending"
    submit(installation)
    assert installation.state(issue_id) == "submitted"
    assert [addresses for _, addresses in provider.handed] == [[ADA, BOB], [BOB]]
    assert not submit_next(installation.app.dispatcher("me"))


def test_the_ledger_has_it_as_a_new_occasion_with_names_of_its_own(installation: Installation):
    provider = answering(BOB_REJECTED, all_of(ACCEPTED))
    issue_id = sent(installation, provider)
    resend(installation, issue_id)
    begun = installation.app.dispatcher("me").prepare_next()
    assert begun is not None
    ((first, _),), (again,) = provider.handed, begun.recipients
    assert f"-i{issue_id}-o1-b2-1" in begun.key
    assert begun.key != first
    assert again.message_id.startswith(f"<i{issue_id}-d{again.delivery_id}-o1.")
    with installation.app.database.read() as connection:
        rows = connection.execute(
            sa.select(delivery.c.email, delivery.c.occasion, batch.c.occasion.label("of_batch"))
            .join(
                batch,
                (batch.c.issue_id == delivery.c.issue_id) & (batch.c.no == delivery.c.batch_no),
            )
            .order_by(delivery.c.id)
        ).all()
    assert [tuple(row) for row in rows] == [(ADA, 0, None), (BOB, 0, None), (BOB, 1, 1)]


def test_each_reader_counts_once_with_the_latest_state(installation: Installation):
    issue_id = sent(installation, answering(BOB_REJECTED, all_of(ACCEPTED)))
    before = installation.counts(issue_id)
    assert (before["audience"], before["accepted"], before["rejected"]) == (2, 1, 1)
    resend(installation, issue_id)
    during = installation.counts(issue_id)
    assert (during["audience"], during["accepted"], during["pending"]) == (2, 1, 1)
    submit(installation)
    after = installation.counts(issue_id)
    assert (after["audience"], after["accepted"], after["rejected"]) == (2, 2, 0)
    shown = issue_status.recipients_of(installation.app, issue_id, by=OPERATOR)
    assert [(one.email, one.state, one.occasion) for one in shown] == [
        (ADA, DeliveryState.ACCEPTED, 0),
        (BOB, DeliveryState.ACCEPTED, 1),
    ]
    assert (
        issue_status.recipients_of(
            installation.app, issue_id, only=DeliveryState.REJECTED, by=OPERATOR
        )
        == []
    )
    assert issue_status.status_of(installation.app, issue_id, by=OPERATOR)["reasons"] == {}


def test_why_and_the_history_tell_of_both(installation: Installation):
    issue_id = sent(installation, answering(BOB_REJECTED, all_of(ACCEPTED)))
    resend(installation, issue_id)
    submit(installation)
    address = parse_address(BOB)
    with installation.app.database.read() as connection:
        found = trace.trace(connection, address, issue_id=issue_id, now=installation.now)
        last = history_of(connection, address)[-1]
    outcomes = [(one.entry.occasion, one.outcome) for one in found.deliveries if one.entry]
    assert outcomes == [(1, "accepted"), (0, "rejected")]
    assert (last.what, last.detail, last.origin.name) == (
        "resent",
        {"issue": issue_id},
        OPERATOR.name,
    )


def test_who_accepted_it_gets_it_again_only_if_somebody_says_so(installation: Installation):
    provider = answering(all_of(ACCEPTED), all_of(ACCEPTED))
    issue_id = sent(installation, provider)
    assert resending.accepted_before(installation.app, issue_id, [ADA], by=OPERATOR) == [ADA]
    with pytest.raises(Refused, match=f"{ADA} got issue {issue_id} already: --again sends it"):
        resend(installation, issue_id, ADA)
    assert resend(installation, issue_id, ADA, again=True) == 1
    submit(installation)
    with pytest.raises(Refused, match="got issue"):
        resend(installation, issue_id, ADA)
    assert installation.counts(issue_id)["audience"] == 2


def test_a_second_command_while_the_first_is_being_sent_adds_nothing(installation: Installation):
    provider = answering(BOB_REJECTED, all_of(ACCEPTED))
    issue_id = sent(installation, provider)
    resend(installation, issue_id)
    with pytest.raises(Refused, match="is sending: only one that is submitted"):
        resend(installation, issue_id)
    submit(installation)
    with pytest.raises(Refused, match="got issue"):
        resend(installation, issue_id)
    assert len(provider.handed) == 2


def test_an_address_named_twice_gets_it_once(installation: Installation):
    issue_id = sent(installation, answering(BOB_REJECTED, all_of(ACCEPTED)))
    assert resend(installation, issue_id, BOB, BOB.upper()) == 1


def test_an_uncertain_reader_gets_it_only_after_a_person_has_decided(installation: Installation):
    issue_id = sent(installation, answering(each(ACCEPTED, UNCERTAIN), all_of(ACCEPTED)))
    with installation.app.database.write() as connection:
        # As if the rest of the issue had been settled since.
        connection.execute(
            sa.update(issue).values(state="submitted", submitted_at=installation.now)
        )
    with pytest.raises(Refused, match=f"whether {BOB} got issue {issue_id} is uncertain: look in"):
        resend(installation, issue_id)
    with installation.app.database.write() as connection:
        resolve_uncertain(
            connection, issue_id, as_state=DeliveryState.REJECTED, now=installation.now
        )
    assert resend(installation, issue_id) == 1


def test_nobody_suppressed_or_unsubscribed_gets_it_again(installation: Installation):
    issue_id = sent(installation, answering(BOB_REJECTED))
    with installation.app.database.write() as connection:
        suppress(
            connection,
            parse_address(BOB),
            reason=SuppressionReason.BOUNCE,
            by=STAFF,
            now=installation.now,
        )
    installation.unsubscribe(ADA)
    with pytest.raises(Refused) as refused:
        resend(installation, issue_id, ADA, BOB, again=True)
    assert str(refused.value) == (
        f"issue {issue_id} cannot be sent again to {ADA}: the subscription had ended (by the "
        f"reader); {BOB}: the address is suppressed (bounce)"
    )
    assert installation.state(issue_id) == "submitted"


def test_who_unsubscribes_before_the_call_is_skipped(installation: Installation):
    provider = answering(BOB_REJECTED)
    issue_id = sent(installation, provider)
    resend(installation, issue_id)
    installation.unsubscribe(BOB)
    submit(installation)
    assert installation.counts(issue_id)["skipped"] == 1
    assert (installation.state(issue_id), len(provider.handed)) == ("submitted", 1)


def test_a_reader_who_joined_later_can_ask_for_it(installation: Installation):
    provider = answering(all_of(ACCEPTED), all_of(ACCEPTED))
    issue_id = sent(installation, provider)
    installation.subscribe([EVE])
    assert resend(installation, issue_id, EVE) == 1
    submit(installation)
    assert provider.handed[-1][1] == [EVE]
    assert installation.counts(issue_id)["audience"] == 3


def test_people_on_other_lists_and_strangers_are_refused(installation: Installation):
    issue_id = sent(installation, answering(all_of(ACCEPTED)))
    installation.add_list("weekly")
    installation.subscribe([EVE], "weekly")
    with pytest.raises(Refused, match=f"{EVE}: they are on none of its lists"):
        resend(installation, issue_id, EVE)
    with pytest.raises(UnknownSubscriber):
        resend(installation, issue_id, "nobody@example.org")


def test_a_draft_a_test_a_held_list_and_an_issue_of_a_lost_database_are_refused(
    installation: Installation,
):
    issue_id = sent(installation, answering(all_of(ACCEPTED)))
    draft = installation.add_issue("Another")
    with pytest.raises(Refused, match=f"issue {draft} was not sent yet: send it first"):
        resend(installation, draft)
    test = pipeline.queue_test(installation.app.publishing, draft, [ADA])
    with pytest.raises(Refused, match=f"issue {test} is a test: only issues can be sent again"):
        resend(installation, test, ADA)
    lists.hold(installation.app, "daily", reason="a mistake", by=OPERATOR)
    with pytest.raises(Refused, match=r"list daily is held \(a mistake\)"):
        resend(installation, issue_id, ADA, again=True)
    lists.release(installation.app, "daily", by=OPERATOR)
    with installation.app.database.write() as connection:
        begin_epoch(connection, now=installation.now)
    with pytest.raises(Refused, match="was sent before the database was restored or moved"):
        resend(installation, issue_id, ADA, again=True)


def test_it_has_the_frozen_content_and_the_values_of_today(installation: Installation):
    installation.add_list()
    installation.add_readers(1)
    with installation.app.database.write() as connection:
        labels = {"en": "Company"}
        add_field(connection, "company", FieldType.TEXT, labels=labels, is_public=True)
    issue_id = installation.add_issue(subject="For %%first_name|you%% at %%company|home%%")
    pipeline.publish_issue(installation.app.publishing, issue_id)
    installation.submit_all()
    with installation.app.database.write() as connection:
        address = parse_address(ADA)
        edit_person(connection, address, name="Countess", by=STAFF, now=installation.now)
        person = subscriber_by_address(connection, address)
        set_values(connection, person.id, {"company": "Quay"}, by=STAFF, now=installation.now)
    resend(installation, issue_id, ADA, again=True)
    installation.submit_all()
    assert sorted(mail["Subject"] for mail in installation.mails()) == [
        "For Ada at home",
        "For Countess at Quay",
    ]


def test_a_field_that_was_declared_anew_with_another_type_shows_its_fallback(
    installation: Installation,
):
    installation.add_list()
    installation.add_readers(1)
    labels = {"en": "Birthday"}
    with installation.app.database.write() as connection:
        add_field(connection, "birthday", FieldType.DATE, labels=labels, is_public=True)
    issue_id = installation.add_issue(subject="Born %%birthday|long ago%%")
    pipeline.publish_issue(installation.app.publishing, issue_id)
    installation.submit_all()
    with installation.app.database.write() as connection:
        remove_field(connection, find_field(connection, "birthday"))
        add_field(connection, "birthday", FieldType.TEXT, labels=labels, is_public=True)
        person = subscriber_by_address(connection, parse_address(ADA))
        set_values(connection, person.id, {"birthday": "spring"}, by=STAFF, now=installation.now)
    resend(installation, issue_id, ADA, again=True)
    installation.submit_all()
    assert installation.state(issue_id) == "submitted"
    assert [mail["Subject"] for mail in installation.mails()] == ["Born long ago"] * 2


def test_a_crash_before_the_commit_leaves_nothing_and_one_after_it_one_copy(
    installation: Installation,
):
    provider = answering(BOB_REJECTED, all_of(ACCEPTED))
    issue_id = sent(installation, provider)

    class Killed(BaseException):
        pass

    def at(point: str) -> Callable[[str], None]:
        def step(name: str) -> None:
            if name == point:
                raise Killed

        return step

    installation.app.on_step = at("resend.before_commit")
    with pytest.raises(Killed):
        resend(installation, issue_id)
    assert (installation.state(issue_id), installation.counts(issue_id)["rejected"]) == (
        "submitted",
        1,
    )
    installation.app.on_step = at("resend.after")
    with pytest.raises(Killed):
        resend(installation, issue_id)
    installation.app.on_step = lambda name: None
    submit(installation)
    with pytest.raises(Refused, match="got issue"):
        resend(installation, issue_id)
    assert [addresses for _, addresses in provider.handed] == [[ADA, BOB], [BOB]]


def test_cancelling_it_keeps_the_issue_submitted(installation: Installation):
    issue_id = sent(installation, answering(BOB_REJECTED))
    first = _submitted_at(installation, issue_id)
    installation.now += dt.timedelta(hours=1)
    resend(installation, issue_id)
    issue_delivery.pause(installation.app, issue_id, reason="a mistake", by=OPERATOR)
    issue_delivery.cancel(installation.app, issue_id, by=OPERATOR)
    assert installation.state(issue_id) == "submitted"
    assert _submitted_at(installation, issue_id) == first
    counts = installation.counts(issue_id)
    assert (counts["accepted"], counts["cancelled"], counts["pending"]) == (1, 1, 0)
    assert resend(installation, issue_id) == 1


def _submitted_at(installation: Installation, issue_id: int) -> dt.datetime | None:
    with installation.app.database.read() as connection:
        return connection.scalar(sa.select(issue.c.submitted_at).where(issue.c.id == issue_id))


def test_many_people_go_in_batches_of_the_provider(installation: Installation):
    issue_id, dispatcher = sending(installation, Scripted([all_of(REJECTED)] * 3), readers=5)
    while submit_next(dispatcher):
        pass
    with installation.app.database.read() as connection:
        assert count_deliveries(connection, issue_id).by_state[DeliveryState.REJECTED] == 5
    provider = installation.app.providers["outbox"] = Scripted([all_of(ACCEPTED)] * 3)
    people = [f"reader{number:04d}@example.org" for number in range(5)]
    assert resend(installation, issue_id, *people) == 5
    while submit_next(dispatcher):
        pass
    assert (installation.state(issue_id), installation.counts(issue_id)["accepted"]) == (
        "submitted",
        5,
    )
    assert [addresses for _, addresses in provider.handed] == [people[:2], people[2:4], people[4:]]
