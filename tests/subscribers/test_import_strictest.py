"""
The strictest word about a person wins, wherever it is in the files of an import.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import states

from subscribers.database.tables import consent, subscriber, subscription
from subscribers.health.growth import count_growth
from subscribers.import_export.importer import import_csv
from subscribers.model import ImportReport, MailingList
from subscribers.subscriptions.begin import subscribe
from subscribers.validation.address import parse_address

# The state of somebody about whom nothing stricter is said.
STATE_OF = {
    "active": "active",
    "unconfirmed": "pending",
    "nonsubscribed": "not on the list",
    "unsubscribed": "not on the list",
    "bounced": "not on the list",
}
Import = Callable[..., ImportReport]
# What the files say of each person, one after the other.
ORDERS = [order for count in (2, 3) for order in itertools.permutations(STATE_OF, count)]


def address(order: Sequence[str]) -> str:
    return f"{'-'.join(order)}@example.org"


def strictest(order: Sequence[str]) -> str:
    return STATE_OF[max(order, key=list(STATE_OF).index)]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    found = []
    for place in range(3):
        rows = [f"{address(order)},{order[place]}" for order in ORDERS if place < len(order)]
        found.append(tmp_path / f"{place}.csv")
        found[-1].write_text("\n".join(["email,status", *rows]))
    return found


@pytest.fixture
def report(engine: sa.Engine, weekly: MailingList, files: list[Path], now: dt.datetime) -> Import:
    def run(*, dry_run: bool = False) -> ImportReport:
        return import_csv(
            engine,
            files,
            mailing_list=weekly,
            consent="on paper",
            dry_run=dry_run,
            by=STAFF,
            now=now,
        )

    return run


def test_the_strictest_word_wins_in_any_order_of_files(engine: sa.Engine, report: Import) -> None:
    expected = report(dry_run=True).by_status
    assert report().by_status == expected
    found = states(engine)
    came_to = {
        order: {"active": "active", "pending": "pending"}.get(
            found.get(address(order), ""), "not on the list"
        )
        for order in ORDERS
    }
    assert came_to == {order: strictest(order) for order in ORDERS}


def test_the_growth_of_the_list_is_what_the_files_came_to(
    engine: sa.Engine, weekly: MailingList, report: Import, now: dt.datetime
) -> None:
    report()
    with engine.connect() as connection:
        grown = count_growth(connection, weekly, since=now - dt.timedelta(days=1))
    assert grown.net == list(states(engine).values()).count("active")


def test_who_is_pending_after_all_has_no_consent(engine: sa.Engine, report: Import) -> None:
    report()
    given = (
        sa.select(subscriber.c.email)
        .join_from(consent, subscription, consent.c.subscription_id == subscription.c.id)
        .join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
        .where(subscription.c.state == "pending")
    )
    with engine.connect() as connection:
        assert list(connection.scalars(given)) == []


def test_who_was_active_before_the_import_stays_so(
    engine: sa.Engine, weekly: MailingList, report: Import, now: dt.datetime
) -> None:
    known = address(("active", "unconfirmed"))
    with engine.begin() as connection:
        subscribe(
            connection,
            parse_address(known),
            mailing_list=weekly,
            name="",
            consent="a form",
            source="form",
            by=STAFF,
            now=now,
        )
    expected = report(dry_run=True).by_status
    assert report().by_status == expected
    assert states(engine)[known] == "active"
