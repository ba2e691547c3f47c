"""
Factories for lists, addresses and subscribers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import ImportText, Join, MakeList

from subscribers.import_export.importer import import_csv
from subscribers.lists import add_list
from subscribers.model import ImportReport, MailingList, OptIn, Subscription
from subscribers.subscriptions.begin import subscribe
from subscribers.validation.address import parse_address


@pytest.fixture
def connection(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.begin() as connection:
        yield connection


@pytest.fixture
def make_list(connection: sa.Connection, now: dt.datetime) -> MakeList:
    def make(slug: str = "weekly", *, opt_in: OptIn = OptIn.DOUBLE) -> MailingList:
        return add_list(connection, slug, name=slug.title(), opt_in=opt_in, now=now)

    return make


@pytest.fixture
def join(connection: sa.Connection, now: dt.datetime) -> Join:
    def join_list(
        address: str,
        mailing_list: MailingList,
        *,
        name: str = "",
        consent: str | None = "signed up at the fair",
        at: dt.datetime = now,
        timezone: str | None = None,
    ) -> Subscription:
        return subscribe(
            connection,
            parse_address(address),
            mailing_list=mailing_list,
            name=name,
            consent=consent,
            source="test",
            now=at,
            timezone=timezone,
            by=STAFF,
        )

    return join_list


@pytest.fixture
def weekly(engine: sa.Engine, now: dt.datetime) -> MailingList:
    """
    Return a double opt-in list, committed.
    """
    with engine.begin() as connection:
        return add_list(connection, "weekly", name="Weekly", now=now)


@pytest.fixture
def import_text(
    engine: sa.Engine, weekly: MailingList, tmp_path: Path, now: dt.datetime
) -> ImportText:
    """
    Return a function that imports text or bytes as a file into `weekly`.
    """

    def run(content: str | bytes, **options: object) -> ImportReport:
        path = tmp_path / "people.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        chosen = {
            "mailing_list": weekly,
            "consent": "a form",
            "dry_run": False,
            "by": STAFF,
            "now": now,
        }
        return import_csv(engine, path, **{**chosen, **options})  # type: ignore[arg-type]

    return run
