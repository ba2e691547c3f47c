"""
An export that is imported into an empty installation and exported again is the same file, as CSV
and as JSON Lines.

What an import never takes over: erased people, who are in no export; a subscription under a
suppression, which is over after the import, so that nobody is mailed again if the suppression is
lifted; when an address was read last; and the numbers of people, which are others there. Whatever
an export says, every suppression is there again: on lists that the person is not on, until its end,
and with its note.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from origins import STAFF
from people_samples import NOW

from subscribers.database import tables
from subscribers.database.field_tables import field_value
from subscribers.database.history_tables import history
from subscribers.database.job_tables import file_job
from subscribers.database.segment_tables import note, subscriber_tag, tag
from subscribers.fields.declare import add_field, find_fields
from subscribers.fields.model import FieldType
from subscribers.history.model import HistoryEvent, OriginKind
from subscribers.import_export.export.canonical_csv import export_csv
from subscribers.import_export.export.json_lines import export_json_lines
from subscribers.import_export.export.who import ExportedPeople
from subscribers.import_export.importer import import_csv
from subscribers.import_export.sources import lists_in
from subscribers.lists import add_list
from subscribers.model import MailingList
from subscribers.tags.names import ensure_tags

EMPTIED = (
    file_job, history, note, subscriber_tag, tag, field_value, tables.consent, tables.subscription,
    tables.subscriber, tables.suppression,
)  # fmt: skip
SLUGS = ("daily", "weekly")
# Nobody is on the last of these lists, which may have been removed since.
SCOPES = ("", *SLUGS, "monthly")

TIMES = st.timedeltas(dt.timedelta(), dt.timedelta(days=2_000)).map(lambda since: NOW - since)
# Words as people write them, and those that spreadsheets take for formulas.
LETTERS = st.sampled_from("aZé漢\"',;=+-@ 1")
WORDS = st.text(LETTERS, min_size=1, max_size=12).map(lambda text: " ".join(text.split()))
TEXTS = WORDS.filter(bool)
TAGS = TEXTS.map(str.lower).filter(lambda tag: not {",", ";"} & set(tag))
HISTORY = st.fixed_dictionaries(
    {
        "at": TIMES,
        "what": st.sampled_from(HistoryEvent),
        "by": st.sampled_from([OriginKind.READER, OriginKind.STAFF, OriginKind.PROVIDER]),
        "by_name": WORDS,
        "through": WORDS,
        "detail": st.none() | st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=2),
    }
)
CONSENTS = st.fixed_dictionaries(
    {
        "text": TEXTS,
        "source": TEXTS,
        "given_at": st.none() | TIMES,
        "recorded_at": TIMES,
        "evidence": st.none() | TEXTS,
    }
)
SUBSCRIPTIONS = st.fixed_dictionaries(
    {
        "state": st.sampled_from(["active", "pending", "ended"]),
        "since": TIMES,
        "created_at": TIMES,
        "ended_reason": TEXTS,
        "cadence": st.sampled_from(["each", "weekly", "monthly"]),
        "consents": st.lists(CONSENTS, min_size=1, max_size=3),
    }
)
SUPPRESSIONS = st.fixed_dictionaries(
    {
        "reason": st.sampled_from(["bounce", "complaint", "unsubscribed", "manual", "unknown"]),
        "since": TIMES,
        "expires_at": st.none() | TIMES | TIMES.map(lambda time: NOW + (NOW - time)),
        "note": WORDS,
    }
)
PEOPLE = st.fixed_dictionaries(
    {
        "name": WORDS,
        "language": st.sampled_from([None, "de", "pt-BR"]),
        "timezone": st.sampled_from([None, "Europe/Oslo"]),
        "created_at": TIMES,
        "paused_until": st.none() | TIMES,
        "lists": st.dictionaries(st.sampled_from(SLUGS), SUBSCRIPTIONS, min_size=1),
        "suppressions": st.dictionaries(st.sampled_from(SCOPES), SUPPRESSIONS, max_size=3),
        "tags": st.sets(TAGS, max_size=3),
        "notes": st.lists(TEXTS, max_size=2, unique=True),
        "company": WORDS,
        "history": st.lists(HISTORY, max_size=3),
    }
)


# What looks like a guarded formula after a semicolon, deep in the JSON of a cell.
SUPPRESSED = {
    "name": "Ada", "language": None, "timezone": None, "created_at": NOW, "paused_until": None,
    "lists": {
        "daily": {
            "state": "active", "since": NOW, "created_at": NOW, "ended_reason": "",
            "cadence": "each",
            "consents": [
                {"text": "a", "source": "a", "given_at": None, "recorded_at": NOW, "evidence": None}
            ],
        }
    },
    "suppressions": {
        "": {"reason": "bounce", "since": NOW, "expires_at": None, "note": "mailbox gone;'=1+1"}
    },
    "tags": set(), "notes": [], "company": "", "history": [],
}  # fmt: skip


@pytest.fixture
def lists(engine: sa.Engine) -> dict[str, MailingList]:
    with engine.begin() as connection:
        add_field(connection, "company", FieldType.TEXT, labels={})
        return {slug: add_list(connection, slug, name=slug, now=NOW) for slug in SLUGS}


def empty(connection: sa.Connection) -> None:
    for table in EMPTIED:
        connection.execute(table.delete())


def fill(
    connection: sa.Connection, people: list[dict[str, Any]], lists: dict[str, MailingList]
) -> None:
    field_id = find_fields(connection, ["company"])["company"].id
    for number, person in enumerate(people, start=1):
        email = f"+P{number}@example.org"
        columns = ("name", "language", "timezone", "created_at", "paused_until")
        row = {"email": email, "email_key": email.lower(), **{c: person[c] for c in columns}}
        (key,) = connection.execute(tables.subscriber.insert().values(row)).inserted_primary_key
        for slug, subscription in person["lists"].items():
            add_subscription(connection, key, lists[slug], subscription)
        for scope, suppression in person["suppressions"].items():
            held = {"email_key": email.lower(), "scope": scope, **suppression}
            connection.execute(tables.suppression.insert().values(held))
        for tag_id in ensure_tags(connection, person["tags"]).values():
            connection.execute(subscriber_tag.insert().values(subscriber_id=key, tag_id=tag_id))
        for text in person["notes"]:
            by = {"by_name": "eve", "written_at": NOW}
            connection.execute(note.insert().values(subscriber_id=key, text=text, **by))
        if person["company"]:
            value = {"field_id": field_id, "value": person["company"]}
            connection.execute(field_value.insert().values(subscriber_id=key, **value))
        for happened in person["history"]:
            connection.execute(history.insert().values(subscriber_id=key, **happened))


def add_subscription(
    connection: sa.Connection, key: int, on: MailingList, given: dict[str, Any]
) -> None:
    row = {name: value for name, value in given.items() if name != "consents"}
    if row["state"] != "ended":
        row["ended_reason"] = None
    row |= {"subscriber_id": key, "list_id": on.id}
    (number,) = connection.execute(tables.subscription.insert().values(row)).inserted_primary_key
    for consent in given["consents"]:
        connection.execute(tables.consent.insert().values(subscription_id=number, **consent))


def as_csv(connection: sa.Connection) -> str:
    out = io.StringIO(newline="")
    export_csv(connection, out, who=ExportedPeople())
    return out.getvalue()


def as_json_lines(connection: sa.Connection) -> str:
    out = io.StringIO(newline="")
    export_json_lines(connection, out, who=ExportedPeople())
    return out.getvalue()


def suppressions(connection: sa.Connection) -> list[tuple[Any, ...]]:
    x = tables.suppression.c
    columns = (x.email_key, x.scope, x.reason, x.since, x.expires_at, x.note)
    found = sa.select(*columns).order_by(x.email_key, x.scope)
    return [tuple(row) for row in connection.execute(found)]


def csv_rows(text: str) -> list[dict[str, str]]:
    rows = [{**row, "id": ""} for row in csv.DictReader(io.StringIO(text, newline=""))]
    return sorted(rows, key=lambda row: (row["email"], row["lists"]))


def json_rows(text: str) -> list[dict[str, Any]]:
    """
    Return the people without their numbers and what the import itself recorded.
    """
    rows = [json.loads(line) for line in text.splitlines()]
    for row in rows:
        del row["id"]
        row["history"] = [each for each in row["history"] if each["by"] != "import"]
    return sorted(rows, key=lambda row: str(row["address"]))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "people.txt"


@pytest.mark.parametrize(
    ("export", "rows"), [(as_csv, csv_rows), (as_json_lines, json_rows)], ids=["csv", "jsonl"]
)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(people=st.lists(PEOPLE, min_size=1, max_size=4))
@example(people=[SUPPRESSED])
def test_an_export_of_all_lists_comes_back_without_loss(
    engine: sa.Engine,
    lists: dict[str, MailingList],
    path: Path,
    export: Callable[[sa.Connection], str],
    rows: Callable[[str], list[dict[str, Any]]],
    people: list[dict[str, Any]],
) -> None:
    with engine.begin() as connection:
        empty(connection)
        fill(connection, people, lists)
        first, suppressed = export(connection), suppressions(connection)
        empty(connection)
    path.write_text(first, encoding="utf-8", newline="")

    for slug in lists_in([path]):
        report = import_csv(
            engine, path, mailing_list=lists[slug], consent=None, dry_run=False, by=STAFF, now=NOW,
            only_listed=True,
        )  # fmt: skip
        assert report.errors_file is None

    with engine.connect() as connection:
        assert rows(export(connection)) == rows(first)
        assert suppressions(connection) == suppressed
