"""
Store what a line of JSON says beside what a row has: when and how a person agreed before, how often
they want the list, and, about people who are new here, their notes and history.

History and notes keep who did something elsewhere. The numbers of imports there are marked, because
other imports have them here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.bulk_insert import insert_many
from subscribers.database.history_tables import history
from subscribers.database.segment_tables import note
from subscribers.history.model import HistoryEvent, OriginKind
from subscribers.import_export.cells import clean_note, read_time
from subscribers.import_export.import_policy import RowDecision
from subscribers.import_export.reading.own_export import objects, text_of
from subscribers.import_export.rows import Row
from subscribers.model import Cadence

_p, _s = tables.subscriber, tables.subscription
_HISTORY = ("subscriber_id", "list_id", "at", "what", "by", "by_name", "through", "detail")
_NOTES = ("subscriber_id", "text", "by_name", "written_at")
ELSEWHERE = "elsewhere"
Details = Mapping[str, Any]
DetailsOf = Callable[[Row], Details]


def store_details(
    connection: sa.Connection,
    beginning: Sequence[RowDecision],
    subscriber_ids: Mapping[str, int],
    *,
    list_id: int,
    details_of: DetailsOf,
) -> None:
    """
    Store the details of people whose subscription begins; *subscriber_ids* has their numbers by
    address key.
    """
    found = [(each, details_of(each.row)) for each in beginning]
    given = [(each, details) for each, details in found if details]
    if not given:
        return
    cadences = [
        {"number": subscriber_ids[each.row.address.key], "cadence": details["cadence"]}
        for each, details in given
        if details.get("cadence") in list(Cadence)
    ]
    if cadences:
        is_theirs = sa.and_(_s.c.subscriber_id == sa.bindparam("number"), _s.c.list_id == list_id)
        update = _s.update().where(is_theirs).values(cadence=sa.bindparam("cadence"))
        connection.execute(update, cadences)
    new = [
        (subscriber_ids[each.row.address.key], details)
        for each, details in given
        if each.known.subscriber_id is None
    ]
    _store_people(connection, new)
    insert_many(connection, note, _NOTES, [row for each in new for row in _note_rows(*each)])
    lists = dict(connection.execute(sa.select(_lists.c.slug, _lists.c.id)).all())
    rows = [row for number, details in new for row in _history_rows(number, details, lists)]
    insert_many(connection, history, _HISTORY, rows)


_lists = tables.mailing_list


def _store_people(connection: sa.Connection, new: Sequence[tuple[int, Details]]) -> None:
    rows = [
        {
            "number": number,
            "joined": read_time(text_of(details.get("created_at"))),
            "paused": read_time(text_of(details.get("paused_until"))),
        }
        for number, details in new
    ]
    if rows:
        created_at = sa.func.coalesce(
            sa.bindparam("joined", type_=_p.c.created_at.type), _p.c.created_at
        )
        paused_until = sa.bindparam("paused", type_=_p.c.paused_until.type)
        update = _p.update().where(_p.c.id == sa.bindparam("number"))
        connection.execute(update.values(created_at=created_at, paused_until=paused_until), rows)


def _note_rows(number: int, details: Details) -> list[tuple[Any, ...]]:
    rows = []
    for each in objects(details.get("notes")):
        text, at = clean_note(text_of(each.get("text"))), read_time(text_of(each.get("written_at")))
        by = text_of(each.get("by"))
        word, _, name = by.partition(" ")
        if word == OriginKind.IMPORT and name.isdecimal():
            by = f"{by} {ELSEWHERE}"
        if text and at:
            rows.append((number, text, by, at))
    return rows


def _history_rows(number: int, details: Details, lists: Mapping[str, int]) -> list[tuple[Any, ...]]:
    rows = []
    for each in objects(details.get("history")):
        at, detail = read_time(text_of(each.get("at"))), each.get("detail")
        by, name = each.get("by"), text_of(each.get("by_name"))
        if at is None or each.get("what") not in list(HistoryEvent) or by not in list(OriginKind):
            continue
        if by == OriginKind.IMPORT and name.isdecimal():
            name = f"{name} {ELSEWHERE}"
        list_id = lists.get(text_of(each.get("list")))
        through = text_of(each.get("through"))
        detail = detail if isinstance(detail, dict) and detail else None
        rows.append((number, list_id, at, each["what"], by, name, through, detail))
    return rows


def consent_rows(details: Details, now: dt.datetime) -> list[tuple[Any, ...]]:
    """
    Return the consents in *details*, as the columns text, source, given_at, recorded_at, evidence.
    """
    return [
        (
            text_of(each.get("text")),
            text_of(each.get("source")),
            read_time(text_of(each.get("given_at"))),
            read_time(text_of(each.get("recorded_at"))) or now,
            text_of(each.get("evidence")) or None,
        )
        for each in objects(details.get("consents"))
        if text_of(each.get("text"))
    ]
