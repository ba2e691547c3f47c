"""
What of a person stays in the ledger when they are erased: that a mail was sent, and not to whom.
"""

from __future__ import annotations

import sqlalchemy as sa
from installation import House
from scripted_provider import ACCEPTED, all_of, states, submit_next
from webhook_calls import Talks, reported_issue

from newsletter.store.delivery.erasure import forget_person
from newsletter.store.tables import delivery
from subscribers.erasure import erase
from subscribers.validation.address import parse_address

ERASED, STAYS = "reader0000@example.org", "reader0001@example.org"


def forget(house: House) -> int:
    person = parse_address(ERASED)
    with house.app.database.write() as connection:
        number = erase(connection, person, keyring=house.app.links.keys, now=house.now)
        return forget_person(connection, number=number, email_key=person.key)


def addresses(house: House) -> set[str | None]:
    with house.app.database.read() as connection:
        return set(connection.scalars(sa.select(delivery.c.email)))


def test_an_erased_person_leaves_the_ledger_at_once_and_the_counts_stay(house: House):
    reported = reported_issue(house, Talks([all_of(ACCEPTED)]))
    submit_next(reported.dispatcher)
    assert forget(house) == 1
    assert addresses(house) == {None, STAYS}
    assert states(house, reported.issue_id) == {"accepted": 2}


def test_a_mail_not_yet_sent_keeps_its_address_until_it_is_skipped(house: House):
    reported = reported_issue(house, Talks([all_of(ACCEPTED)]))
    assert forget(house) == 0
    house.app.event_processor.purge()
    assert addresses(house) == {ERASED, STAYS}
    submit_next(reported.dispatcher)
    assert states(house, reported.issue_id) == {"accepted": 1, "skipped": 1}
    house.app.event_processor.purge()
    assert addresses(house) == {None, STAYS}
