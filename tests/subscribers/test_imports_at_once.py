"""
An import while another process changes the same people, on PostgreSQL, where two can write at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from lock_waits import wait_until_it_waits
from origins import STAFF
from people_samples import states

from subscribers.database.history_tables import history
from subscribers.database.tables import consent, subscriber
from subscribers.erasure import erase
from subscribers.import_export.importer import import_csv
from subscribers.import_export.jobs.undo import undo_import
from subscribers.lists import add_list
from subscribers.model import ImportReport, MailingList
from subscribers.subscriptions.begin import subscribe
from subscribers.tokens import KeyRing
from subscribers.validation.address import parse_address

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

PEOPLE = ("ada@example.org", "bert@example.org", "cyd@example.org")
KEYS = KeyRing(b"a secret of at least sixteen bytes")
Import = Callable[..., ImportReport]


@pytest.fixture
def import_people(
    engine: sa.Engine, weekly: MailingList, tmp_path: Path, now: dt.datetime
) -> Import:
    def run(status: str, *, people: tuple[str, ...] = PEOPLE) -> ImportReport:
        file = tmp_path / f"{status}-{len(list(tmp_path.iterdir()))}.csv"
        file.write_text("\n".join(["email,status", *(f"{each},{status}" for each in people)]))
        return import_csv(
            engine,
            file,
            mailing_list=weekly,
            consent="on paper",
            dry_run=False,
            by=STAFF,
            now=now,
            keyring=KEYS,
        )

    return run


def before_the_first(engine: sa.Engine, begin: str, act: Callable[[], Any]) -> None:
    """
    Do *act* once, before the first statement that begins so.
    """
    done: list[str] = []

    def look(*call: Any) -> None:
        if call[2].startswith(begin) and not done:
            done.append(call[2])
            act()

    sa.event.listen(engine, "before_cursor_execute", look)


@pytest.mark.parametrize(
    ("first", "second"), [("active", "unsubscribed"), ("unsubscribed", "active")]
)
def test_of_two_imports_at_once_the_word_for_leaving_wins(
    engine: sa.Engine, import_people: Import, first: str, second: str
) -> None:
    reports: list[ImportReport] = []
    before_the_first(
        engine, "INSERT INTO subscriber ", lambda: reports.append(import_people(second))
    )
    reports.insert(0, import_people(first))
    assert states(engine) == dict.fromkeys(PEOPLE, "ended")
    assert sum(report.as_json()["created"] for report in reports) == len(PEOPLE)


def test_undoing_one_of_two_imports_at_once_leaves_the_people_of_the_other(
    engine: sa.Engine, import_people: Import, now: dt.datetime
) -> None:
    inner: list[ImportReport] = []
    before_the_first(
        engine,
        "INSERT INTO subscriber ",
        lambda: inner.append(import_people("active", people=PEOPLE[:2])),
    )
    outer = import_people("active")
    undo_import(engine, outer.as_json()["import"], by=STAFF, mailed=lambda *_: set(), now=now)
    assert states(engine) == {None: "ended", **dict.fromkeys(PEOPLE[:2], "active")}


def test_somebody_who_is_erased_during_an_import_is_not_on_the_list_and_leaves_no_address(
    engine: sa.Engine, import_people: Import, now: dt.datetime
) -> None:
    with engine.begin() as connection:
        other = add_list(connection, "other", name="Other", now=now)
        subscribe(
            connection,
            parse_address(PEOPLE[0]),
            mailing_list=other,
            name="",
            consent="a form",
            source="form",
            by=STAFF,
            now=now,
        )

    def erase_now() -> None:
        with engine.begin() as connection:
            erase(connection, parse_address(PEOPLE[0]), keyring=KEYS, by=STAFF, now=now)

    erased: list[Future[None]] = []
    with ThreadPoolExecutor(1) as threads:

        def begin_erasure() -> None:
            erased.append(threads.submit(erase_now))
            wait_until_it_waits(engine, erased[0])

        before_the_first(engine, "INSERT INTO subscription ", begin_erasure)
        import_people("active")
        erased[0].result()
    with engine.connect() as connection:
        texts = [
            *connection.scalars(sa.select(subscriber.c.email_key)),
            *connection.scalars(sa.select(consent.c.evidence)),
            *connection.scalars(sa.select(history.c.email_key)),
        ]
    assert not [text for text in texts if text and PEOPLE[0] in text]
    assert states(engine) == {None: "ended", **dict.fromkeys(PEOPLE[1:], "active")}
