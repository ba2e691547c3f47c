"""
After an erasure the ledger still says that a mail was sent, but not to whom.
"""

from __future__ import annotations

import sqlalchemy as sa
from installation import Installation
from origins import STAFF
from scripted_provider import ACCEPTED, all_of, states, submit_next
from webhook_calls import Talks, reported_issue

from newsletter.store.delivery.erasure import forget_address, forget_person, mailed_among
from newsletter.store.tables import delivery
from subscribers.erasure import erase
from subscribers.validation.address import parse_address

ERASED, STAYS = "reader0000@example.org", "reader0001@example.org"


def forget(installation: Installation) -> int:
    person = parse_address(ERASED)
    with installation.app.database.write() as connection:
        number = erase(
            connection, person, keyring=installation.app.links.keys, now=installation.now, by=STAFF
        )
        return forget_person(connection, number=number, email_key=person.key)


def addresses(installation: Installation) -> set[str | None]:
    with installation.app.database.read() as connection:
        return set(connection.scalars(sa.select(delivery.c.email)))


def test_an_erased_person_leaves_the_ledger_at_once_and_the_counts_stay(installation: Installation):
    reported = reported_issue(installation, Talks([all_of(ACCEPTED)]))
    submit_next(reported.dispatcher)
    assert forget(installation) == 1
    assert addresses(installation) == {None, STAYS}
    assert states(installation, reported.issue_id) == {"accepted": 2}


def test_a_mail_not_yet_sent_keeps_its_address_until_it_is_skipped(installation: Installation):
    reported = reported_issue(installation, Talks([all_of(ACCEPTED)]))
    assert forget(installation) == 0
    installation.app.event_processor.purge()
    assert addresses(installation) == {ERASED, STAYS}
    submit_next(reported.dispatcher)
    assert states(installation, reported.issue_id) == {"accepted": 1, "skipped": 1}
    installation.app.event_processor.purge()
    assert addresses(installation) == {None, STAYS}


def test_an_address_that_was_only_mailed_to_is_found_and_leaves_the_ledger(
    installation: Installation,
):
    reported = reported_issue(installation, Talks([all_of(ACCEPTED)]))
    submit_next(reported.dispatcher)
    keys = [ERASED, STAYS, "nobody@example.org"]
    with installation.app.database.write() as connection:
        # As those of test mails and notices are.
        of_no_person = sa.update(delivery).where(delivery.c.email == ERASED)
        connection.execute(of_no_person.values(subscriber_id=None))
        assert mailed_among(connection, keys) == {ERASED}
        assert forget_address(connection, email_key=ERASED) == 1
        assert mailed_among(connection, keys) == set()
