"""
The history of a person: everything that happens to them is recorded with who did it, and what was
before and after; erasure empties it.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from origins import READER, STAFF
from people_samples import ImportText, Join, MakeList

from subscribers.database.history_tables import history
from subscribers.database.job_tables import file_job
from subscribers.erasure import erase
from subscribers.history.model import HistoryEvent, Origin, OriginKind
from subscribers.history.records import history_of
from subscribers.person_edits import edit_person
from subscribers.subscriptions.end import unsubscribe
from subscribers.suppression.model import ALL_LISTS, SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.suppression.rules import lift
from subscribers.tokens import KeyRing
from subscribers.validation.address import parse_address

ADA = parse_address("ada@example.org")
DAY = dt.timedelta(days=1)


def recorded(connection: sa.Connection) -> list[tuple[HistoryEvent, str, str, dict[str, Any]]]:
    return [
        (each.what, each.list_slug, each.origin.kind.value, dict(each.detail))
        for each in history_of(connection, ADA)
    ]


def test_joining_confirming_and_leaving_are_told_in_order(
    connection: sa.Connection, join: Join, make_list: MakeList, now: dt.datetime
) -> None:
    weekly = make_list()
    begun = join(ADA.email, weekly, consent=None)
    for _ in range(2):
        join(ADA.email, weekly, consent="a signed card", at=now + DAY)
    unsubscribe(connection, begun.id, reason="link", by=READER, now=now + 2 * DAY)
    unsubscribe(connection, begun.id, reason="link", by=READER, now=now + 3 * DAY)
    assert recorded(connection) == [
        (HistoryEvent.JOINED, "weekly", "staff", {"state": "pending"}),
        (
            HistoryEvent.CONFIRMED,
            "weekly",
            "staff",
            {"state": "active", "consent": "a signed card"},
        ),
        (HistoryEvent.LEFT, "weekly", "reader", {"reason": "link", "before": "active"}),
    ]
    assert [each.at for each in history_of(connection, ADA)] == [now, now + DAY, now + 2 * DAY]


def test_an_edit_is_told_with_the_values_before_and_after(
    connection: sa.Connection, join: Join, make_list: MakeList, now: dt.datetime
) -> None:
    join(ADA.email, make_list())
    edit_person(connection, ADA, name="Ada", timezone="Europe/Oslo", by=STAFF, now=now)
    edit_person(connection, ADA, name="Ada", by=STAFF, now=now)
    changed = [
        detail for what, _, _, detail in recorded(connection) if what is HistoryEvent.CHANGED
    ]
    assert changed == [
        {
            "name": {"before": "", "after": "Ada"},
            "timezone": {"before": None, "after": "Europe/Oslo"},
        }
    ]


def test_a_suppression_of_a_stranger_is_told_under_the_address(
    connection: sa.Connection, now: dt.datetime
) -> None:
    by = Origin(kind=OriginKind.PROVIDER, name="main", through="complained")
    suppress(connection, ADA, reason=SuppressionReason.COMPLAINT, by=by, now=now)
    suppress(connection, ADA, reason=SuppressionReason.BOUNCE, by=by, now=now)
    lift(connection, ADA.key, scope=ALL_LISTS, by=STAFF, now=now)
    assert recorded(connection) == [
        (HistoryEvent.SUPPRESSED, "", "provider", {"reason": "complaint"}),
        (HistoryEvent.RELEASED, "", "staff", {"reason": "complaint"}),
    ]


def test_an_import_is_told_by_its_number(engine: sa.Engine, import_text: ImportText) -> None:
    import_text("email,name\nada@example.org,Ada\n")
    import_text("email,name\nada@example.org,Ada L.\n")
    import_text("email,name\nada@example.org,Ada L.\n")
    import_text("email,status\nada@example.org,bounced\n")
    with engine.connect() as connection:
        entries = history_of(connection, ADA)
        runs = connection.execute(sa.select(file_job).order_by(file_job.c.id)).all()
    assert [(each.what, each.origin.kind, each.origin.name) for each in entries] == [
        (HistoryEvent.IMPORTED, OriginKind.IMPORT, number) for number in ("1", "2", "4")
    ]
    assert [dict(each.detail) for each in entries] == [
        {"state": {"before": None, "after": "active"}},
        {"name": {"before": "Ada", "after": "Ada L."}},
        {
            "state": {"before": "active", "after": "ended"},
            "suppressed": {"before": None, "after": "bounce"},
        },
    ]
    assert [Path(run.files[0]["path"]).name for run in runs] == ["people.csv"] * 4
    assert [run.counts["updated"] for run in runs] == [0, 1, 0, 1]


def test_a_dry_run_leaves_no_trace(engine: sa.Engine, import_text: ImportText) -> None:
    import_text("email\nada@example.org\n", dry_run=True)
    with engine.connect() as connection:
        assert connection.execute(sa.select(history)).all() == []
        assert connection.execute(sa.select(file_job)).all() == []


def test_erasure_empties_the_history_and_keeps_its_rows_to_count_readers(
    connection: sa.Connection, join: Join, make_list: MakeList, now: dt.datetime
) -> None:
    suppress(connection, ADA, reason=SuppressionReason.UNSUBSCRIBED, by=STAFF, now=now - DAY)
    join(ADA.email, make_list())
    edit_person(connection, ADA, name="Ada", by=STAFF, now=now)
    erase(connection, ADA, keyring=KeyRing(b"k" * 32), by=READER, now=now + DAY)
    assert history_of(connection, ADA) == []
    rows = connection.execute(sa.select(history).order_by(history.c.id)).all()
    assert [row.what for row in rows] == ["suppressed", "released", "joined", "changed", "erased"]
    assert {row.email_key for row in rows} == {None}
    assert [row.detail for row in rows] == [None, None, {"state": "active"}, None, None]
