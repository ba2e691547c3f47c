"""
To whom each kind of notice goes: every state of a person through the real pipeline to the outbox.
"""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
import sqlalchemy as sa
from installation import Installation
from noticed_people import add_person, append

from newsletter.delivery.trace import trace
from newsletter.model.notice import NOTICE_RULES, NoticeKind, NoticeRecipient
from subscribers.database import tables
from subscribers.requests.model import RequestKind
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import add_suppressions
from subscribers.validation.address import parse_address

HELD = {f"held-{reason}": reason for reason in SuppressionReason}
OWN_WISH = {"held-unsubscribed", "held-erased"}
STATES = ("pending", "active", "ended", "erased", *HELD)
REQUESTS = {
    NoticeKind.CONFIRM: RequestKind.JOIN,
    NoticeKind.REMINDER: RequestKind.JOIN,
    NoticeKind.SETTINGS: RequestKind.FIND,
    NoticeKind.NEW_ADDRESS: RequestKind.ADDRESS,
    NoticeKind.ERASURE: RequestKind.ERASURE,
    NoticeKind.ASK_AGAIN: RequestKind.ASKED,
}
# Who gets what. A suppression of their own wish counts as their subscription's state.
GOES_TO = {
    NoticeKind.CONFIRM: {"pending", "ended", *OWN_WISH},
    NoticeKind.REMINDER: {"pending", "ended", *OWN_WISH},
    NoticeKind.WELCOME: {"active"},
    NoticeKind.GOODBYE: {"ended", *OWN_WISH},
    NoticeKind.SETTINGS: {"pending", "active", "ended", *OWN_WISH},
    NoticeKind.NEW_ADDRESS: {"pending", "active", "ended", *OWN_WISH},
    NoticeKind.ADDRESS_CHANGED: {"pending", "active", "ended", *OWN_WISH},
    NoticeKind.ERASURE: {"pending", "active", "ended", *OWN_WISH},
    NoticeKind.ASK_AGAIN: {"active"},
}
REASONS = {
    "pending": "pending",
    "active": "active already",
    "ended": "ended: by the reader",
    "erased": "erased",
    **{state: f"suppressed: {reason}" for state, reason in HELD.items()},
}


def person(installation: Installation, state: str, kind: NoticeKind) -> NoticeRecipient:
    """
    Add a person in *state*. A suppressed one is in the state in which the notice would go.
    """
    fits = next(s for s in ("pending", "ended", "active") if s in GOES_TO[kind])
    begins = state if state in ("pending", "active", "ended") else fits
    who = add_person(installation, f"{state}@example.org", begins, request=REQUESTS.get(kind))
    with installation.app.database.write() as connection:
        if begins == "ended":
            ended = sa.update(tables.subscription).values(ended_reason="by the reader")
            connection.execute(ended.where(tables.subscription.c.id == who.subscription_id))
        if state == "erased":
            erased = sa.update(tables.subscriber).where(tables.subscriber.c.id == who.subscriber_id)
            connection.execute(
                erased.values(email=None, email_key=None, erased_at=installation.now)
            )
        if state in HELD:
            row = {"email_key": who.email.key, "scope": "", "reason": HELD[state].value}
            add_suppressions(connection, [{**row, "since": installation.now}])
    return who


def test_the_table_has_every_kind() -> None:
    assert set(GOES_TO) == set(NOTICE_RULES) == set(NoticeKind)


@pytest.mark.parametrize("kind", NoticeKind)
def test_a_notice_goes_to_those_whose_state_allows_it(
    installation: Installation, kind: NoticeKind
) -> None:
    installation.add_list()
    people = {state: person(installation, state, kind) for state in STATES}
    append(installation, list(people.values()), kind)
    installation.submit_all()
    expected = [f"{state}@example.org" for state in STATES if state in GOES_TO[kind]]
    assert installation.mailed() == sorted(expected)
    for state in set(STATES) - GOES_TO[kind]:
        with installation.app.database.read() as connection:
            traced = trace(connection, parse_address(f"{state}@example.org"), now=installation.now)
        (delivery,) = traced.deliveries
        assert (delivery.outcome, delivery.rule) == ("skipped", REASONS[state]), state


def test_a_suppression_for_the_list_holds_what_is_about_the_list(
    installation: Installation,
) -> None:
    installation.add_list()
    for kind in NoticeKind:
        who = person(installation, f"to-{kind}", kind)
        with installation.app.database.write() as connection:
            row = {"email_key": who.email.key, "scope": "daily", "reason": "bounce"}
            add_suppressions(connection, [{**row, "since": installation.now}])
        append(installation, [who], kind)
    installation.submit_all()
    assert installation.mailed() == []


def test_a_confirmation_is_not_sent_once_the_request_is_confirmed(
    installation: Installation,
) -> None:
    from subscribers.requests.records import finish_request

    installation.add_list()
    who = add_person(installation, "quick@example.org")
    notice = append(installation, [who])
    with installation.app.database.write() as connection:
        assert who.request_id is not None
        finish_request(connection, who.request_id, installation.now)
    installation.submit_all()
    assert installation.mailed() == []
    assert installation.counts(notice.issue_id)["skipped"] == 1


def test_the_address_it_goes_to_counts_not_the_one_the_person_has(
    installation: Installation,
) -> None:
    installation.add_list()
    kinds = (NoticeKind.NEW_ADDRESS, NoticeKind.ADDRESS_CHANGED)
    for kind, name in itertools.product(kinds, ("held", "free")):
        who = add_person(
            installation, f"{kind}-{name}-own@example.org", "active", request=RequestKind.ADDRESS
        )
        other = parse_address(f"{kind}-{name}@example.org")
        held = other if name == "held" else who.email
        with installation.app.database.write() as connection:
            row = {"email_key": held.key, "scope": "", "reason": "bounce"}
            add_suppressions(connection, [{**row, "since": installation.now}])
        recipient = NoticeRecipient(
            subscriber_id=who.subscriber_id, email=other, request_id=who.request_id
        )
        append(installation, [recipient], kind)
    installation.submit_all()
    assert installation.mailed() == [f"{kind}-free@example.org" for kind in sorted(kinds)]


@pytest.mark.parametrize("kind", [NoticeKind.CONFIRM, NoticeKind.REMINDER, NoticeKind.ASK_AGAIN])
@pytest.mark.parametrize("wish", ["left", "unsubscribed"])
def test_nobody_is_asked_who_wanted_no_email_since(
    installation: Installation, kind: NoticeKind, wish: str
) -> None:
    installation.add_list()
    begins = "active" if kind is NoticeKind.ASK_AGAIN else "pending"
    who = add_person(installation, "soon-gone@example.org", begins)
    append(installation, [who], kind)
    later = installation.now + dt.timedelta(minutes=1)
    with installation.app.database.write() as connection:
        if wish == "left":
            ended = sa.update(tables.subscription).values(state="ended", since=later)
            connection.execute(ended.where(tables.subscription.c.id == who.subscription_id))
        else:
            row = {"email_key": who.email.key, "scope": "", "reason": "unsubscribed"}
            add_suppressions(connection, [{**row, "since": later}])
    installation.submit_all()
    assert installation.mailed() == []
