"""
What providers report after a submission changes no delivery's state, ends subscriptions that must
end, and is not lost if it comes early, late or twice.
"""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from event_readers import DAY, READERS, subscriptions
from installation import Installation
from origins import STAFF
from scripted_provider import ACCEPTED, all_of, states, submit_next
from webhook_calls import (
    ReportedIssue,
    Talks,
    another,
    dispositions,
    reported_issue,
    store_webhooks,
    suppressed,
)

from newsletter.delivery.trace import trace
from newsletter.events.soft_bounces import exceeds_soft_bounce_limit
from newsletter.model.delivery import Capabilities
from newsletter.model.event import Event, EventKind
from newsletter.model.issue import IssueState
from newsletter.store.delivery.status.reported import reported_recipients
from newsletter.store.events import issue_reputation
from newsletter.store.tables import webhook_inbox
from subscribers.erasure import erase
from subscribers.people import subscriber_by_address
from subscribers.suppression.model import ALL_LISTS
from subscribers.suppression.rules import lift
from subscribers.validation.address import parse_address


@pytest.fixture
def reported(installation: Installation) -> ReportedIssue:
    """
    Send an issue to two readers, who are accepted.
    """
    reported = reported_issue(installation, Talks([all_of(ACCEPTED)]))
    submit_next(reported.dispatcher)
    return reported


class Wordy(Talks):
    """
    Reports everything two hundred times in one webhook.
    """

    def events(self, raw: bytes) -> list[Event]:
        return super().events(raw) * 200


def test_webhooks_of_many_events_are_worked_off_a_few_at_a_time(installation: Installation):
    reported = reported_issue(installation, Wordy([all_of(ACCEPTED)]))
    store_webhooks(
        installation,
        *(reported.body(0, EventKind.DELIVERED, after_s=number) for number in range(5)),
    )
    assert [installation.app.event_processor.process_due() for _ in range(4)] == [2, 2, 1, 0]
    assert (reported.kinds(0), dispositions(installation)) == ({"delivered"}, ["matched"] * 5)


def test_an_event_is_a_time_beside_the_state_and_never_the_state(
    installation: Installation, reported: ReportedIssue
):
    reported.says(0, EventKind.DELIVERED)
    reported.says(0, EventKind.BOUNCED_HARD)
    assert reported.kinds(0) == {"delivered", "bounced_hard"}
    assert states(installation, reported.issue_id) == {"accepted": 2}
    assert (reported.counted(), dispositions(installation)) == (
        {"delivered": 1, "bounced_hard": 1},
        ["matched"] * 2,
    )


def test_a_hard_bounce_and_a_complaint_suppress_the_address_on_all_lists(
    installation: Installation, reported: ReportedIssue
):
    reported.says(0, EventKind.BOUNCED_HARD)
    reported.says(1, EventKind.COMPLAINED)
    assert [suppressed(installation, who) for who in READERS] == [
        [("bounce", "")],
        [("complaint", "")],
    ]


def test_the_readers_of_one_kind_of_event_are_listed_with_what_the_receiving_server_said(
    installation: Installation,
):
    reported = reported_issue(installation, Talks([all_of(ACCEPTED)]), readers=3)
    submit_next(reported.dispatcher)
    bounced, complained = EventKind.BOUNCED_HARD, EventKind.COMPLAINED
    for place in (2, 0):
        reported.says(place, bounced, Details="550 no such user")
    reported.says(0, complained)

    def listed(kind: EventKind, *, after: int = 0, most: int = 9) -> list[tuple[int, str]]:
        with installation.app.database.read() as connection:
            found = reported_recipients(connection, reported.issue_id, kind, after=after, most=most)
        return [(each.delivery_id, each.reason) for each in found]

    first, _, last = reported.numbers
    assert listed(bounced) == [(first, "550 no such user"), (last, "550 no such user")]
    assert listed(bounced, most=1) == [(first, "550 no such user")]
    assert listed(bounced, after=first) == [(last, "550 no such user")]
    assert listed(complained) == [(first, "")]


@pytest.mark.parametrize(
    "kind",
    [EventKind.BLOCKED, EventKind.BOUNCED_SOFT, EventKind.DEFERRED, EventKind.OPENED],
)
def test_what_is_not_the_reader_s_fault_suppresses_nobody(
    installation: Installation, reported: ReportedIssue, kind: EventKind
):
    reported.says(0, kind)
    assert suppressed(installation, READERS[0]) == []


@pytest.mark.parametrize("is_turned", [False, True])
def test_a_complaint_counts_more_than_a_bounce_in_either_order(
    installation: Installation, reported: ReportedIssue, is_turned: bool
):
    kinds = [EventKind.BOUNCED_HARD, EventKind.COMPLAINED]
    for kind in reversed(kinds) if is_turned else kinds:
        reported.says(0, kind)
    assert suppressed(installation, READERS[0]) == [("complaint", "")]


@pytest.mark.parametrize(
    ("days", "is_over"),
    [
        ((0, 1, 2, 3), False),
        ((0, 1, 2, 3, 4), True),
        ((0, 4, 8, 12, 14), True),
        ((0, 4, 8, 12, 15), False),
        ((0, 10, 12, 14, 16, 18), True),
    ],
)
def test_five_soft_bounces_in_two_weeks_end_an_address(
    now: dt.datetime, days: tuple[int, ...], is_over: bool
):
    assert exceeds_soft_bounce_limit([now + dt.timedelta(days=day) for day in days]) == is_over


def test_the_fifth_soft_bounce_suppresses_and_one_mail_counts_once(installation: Installation):
    issues = [reported_issue(installation, Talks([]))]
    for _ in range(4):
        issues.append(another(issues[-1]))
    for one in issues[:4]:
        one.says(0, EventKind.BOUNCED_SOFT)
        one.says(0, EventKind.BOUNCED_SOFT, after_s=120)
    assert suppressed(installation, READERS[0]) == []
    issues[4].says(0, EventKind.BOUNCED_SOFT)
    assert suppressed(installation, READERS[0]) == [("bounce", "")]


def test_who_leaves_at_the_provider_leaves_the_list_they_got_it_through(
    installation: Installation, reported: ReportedIssue
):
    installation.add_list("weekly")
    installation.subscribe([READERS[0]], "weekly")
    reported.says(0, EventKind.UNSUBSCRIBED)
    assert subscriptions(installation) == {
        "daily": ("ended", "at the provider"),
        "weekly": ("active", None),
    }


def test_who_came_back_since_stays_though_the_leaving_is_told_late(
    installation: Installation, reported: ReportedIssue
):
    left = reported.body(0, EventKind.UNSUBSCRIBED)
    installation.now += DAY
    installation.unsubscribe(READERS[0])
    installation.now += DAY
    installation.subscribe([READERS[0]])
    reported.receive(left)
    assert subscriptions(installation) == {"daily": ("active", None)}


def test_an_opened_mail_is_a_sign_of_life(installation: Installation, reported: ReportedIssue):
    installation.now += DAY
    reported.says(0, EventKind.OPENED, after_s=-60)
    with installation.app.database.read() as connection:
        person = subscriber_by_address(connection, parse_address(READERS[0]))
    assert person.last_active_at == installation.now - dt.timedelta(minutes=1)


def test_why_tells_what_became_of_a_mail_in_its_order(
    installation: Installation, reported: ReportedIssue
):
    installation.now += DAY
    reported.says(0, EventKind.BOUNCED_HARD, after_s=-60, Details="550 5.1.1 no such user")
    reported.says(0, EventKind.DEFERRED, after_s=-120)
    with installation.app.database.read() as connection:
        (traced,) = trace(connection, parse_address(READERS[0]), now=installation.now).deliveries
    assert traced.outcome == "accepted"
    assert traced.words.partition("accepted it. ")[2] == (
        "The receiving server put it off on 2026-03-05 11:58:00 UTC. "
        "It bounced for good on 2026-03-05 11:59:00 UTC. "
        "The receiving server said: 550 5.1.1 no such user"
    )


def test_bounces_told_by_the_provider_pause_the_issue(installation: Installation):
    many = Capabilities(max_recipients=100, max_bytes=10**7, shares_content=True)
    reported = reported_issue(
        installation, Talks([all_of(ACCEPTED)] * 20, capabilities=many), readers=250
    )
    for _ in range(8):
        submit_next(reported.dispatcher)
    reported.receive(*(reported.body(place, EventKind.BOUNCED_HARD) for place in range(10)))
    with installation.app.database.write() as connection:
        paused = issue_reputation.pause_harmful_issues(connection, now=installation.now)
    assert [number for number, _ in paused] == [reported.issue_id]
    assert installation.state(reported.issue_id) == IssueState.PAUSED


def test_the_same_bytes_are_processed_once(installation: Installation, reported: ReportedIssue):
    raw = reported.body(0, EventKind.DELIVERED)
    reported.receive(raw, raw)
    reported.receive(raw)
    assert dispositions(installation) == ["matched"]


def test_what_a_person_lifted_stays_lifted_when_it_is_told_again(
    installation: Installation, reported: ReportedIssue
):
    reported.says(0, EventKind.BOUNCED_HARD)
    with installation.app.database.write() as connection:
        lift(
            connection,
            parse_address(READERS[0]).key,
            scope=ALL_LISTS,
            by=STAFF,
            now=installation.now,
        )
    installation.now += 30 * DAY
    reported.says(0, EventKind.BOUNCED_HARD, after_s=-30 * 86_400, Details="told again")
    assert (suppressed(installation, READERS[0]), dispositions(installation)) == (
        [],
        ["matched", "matched"],
    )


def test_a_delivery_that_is_not_there_yet_is_matched_within_a_minute(
    installation: Installation, reported: ReportedIssue
):
    reported.numbers = [n + 2 for n in reported.numbers]
    early = reported.body(
        0, EventKind.DELIVERED, label=reported.label(0, issue_id=reported.issue_id + 1)
    )
    reported.receive(early)
    later = another(reported)
    assert (reported.numbers, dispositions(installation)) == (later.numbers, [None])
    reported.receive()
    assert later.kinds(0) == set()
    installation.now += dt.timedelta(seconds=60)
    reported.receive()
    assert (later.kinds(0), dispositions(installation)) == ({"delivered"}, ["matched"])


def test_what_names_nothing_is_tried_for_a_week_and_then_kept_unmatched(
    installation: Installation, reported: ReportedIssue
):
    reported.numbers = [10**6]
    reported.says(0, EventKind.DELIVERED)
    installation.now += 7 * DAY - dt.timedelta(seconds=1)
    reported.receive()
    assert dispositions(installation) == [None]
    installation.now += dt.timedelta(minutes=1)
    reported.receive()
    assert (dispositions(installation), kept(installation)[0] > 0) == (["unmatched"], True)


def kept(installation: Installation) -> list[int]:
    """
    Return how many bytes of each webhook are stored.
    """
    with installation.app.database.read() as connection:
        return [
            len(raw)
            for raw in connection.scalars(
                sa.select(webhook_inbox.c.raw).order_by(webhook_inbox.c.id)
            )
        ]


def test_a_processed_webhook_keeps_no_address(installation: Installation, reported: ReportedIssue):
    foreign = reported.body(0, EventKind.BOUNCED_HARD, label="i1-d1.0123456789")
    reported.receive(foreign, reported.body(0, EventKind.DELIVERED))
    assert (dispositions(installation), kept(installation)) == (["foreign", "matched"], [0, 0])
    assert suppressed(installation, READERS[0]) == []


def test_one_provider_cannot_speak_of_another_s_deliveries(
    installation: Installation, reported: ReportedIssue
):
    installation.app.providers["other"] = Talks([])
    store_webhooks(installation, reported.body(0, EventKind.COMPLAINED), provider="other")
    reported.receive()
    assert (reported.kinds(0), dispositions(installation)) == (set(), [None])


def test_a_delivery_is_found_by_its_call_and_address_too(
    installation: Installation, reported: ReportedIssue
):
    key = f"{installation.instance(reported.issue_id)}-i{reported.issue_id}-b1-1"
    defaults = {"label": "", "Metadata": {"batch": key}, "Recipient": READERS[1].upper()}
    reported.says(0, EventKind.DELIVERED, **defaults)
    assert [reported.kinds(0), reported.kinds(1)] == [set(), {"delivered"}]


def test_what_nobody_can_read_is_kept_and_stops_nothing(
    installation: Installation, reported: ReportedIssue
):
    class Breaks(Talks):
        def events(self, raw: bytes) -> list[Event]:
            if raw == b"bug":
                raise ZeroDivisionError
            return super().events(raw)

    installation.app.providers["outbox"] = Breaks([])
    reported.receive(b"no JSON", b"bug", reported.body(0, EventKind.DELIVERED))
    assert dispositions(installation) == ["unreadable", "unreadable", "matched"]
    assert (reported.kinds(0), kept(installation)) == ({"delivered"}, [7, 3, 0])


def test_of_an_erased_person_nothing_is_written_down_again(
    installation: Installation, reported: ReportedIssue
):
    with installation.app.database.write() as connection:
        address, keys = parse_address(READERS[0]), installation.app.links.keys
        erase(connection, address, keyring=keys, now=installation.now, by=STAFF)
    reported.says(0, EventKind.BOUNCED_HARD)
    reported.says(0, EventKind.CLICKED)
    reported.says(0, EventKind.UNSUBSCRIBED)
    assert suppressed(installation, READERS[0]) == []
    assert reported.kinds(0) == {"bounced_hard", "clicked", "unsubscribed"}


def test_after_35_days_a_webhook_is_forgotten_unless_it_waits(
    installation: Installation, reported: ReportedIssue
):
    reported.says(0, EventKind.DELIVERED)
    installation.now += 35 * DAY
    installation.app.event_processor.purge()
    assert dispositions(installation) == ["matched"]
    installation.now += dt.timedelta(seconds=1)
    installation.app.event_processor.purge()
    assert (dispositions(installation), reported.kinds(0)) == ([], {"delivered"})
