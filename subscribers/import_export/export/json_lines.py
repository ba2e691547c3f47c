"""
Write people to a file of JSON Lines that `importer` can read again without loss: a line has all
that is known about one person.

Times are in ISO 8601 with Z. Erased people are left out, and so are suppressions of addresses that
are nobody's here (`suppression export` has them).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO, Any

import orjson
import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.history_tables import history
from subscribers.fields.values import json_values_of_all
from subscribers.import_export.export.suppressions import Groups, grouped, suppressions_of
from subscribers.import_export.export.who import ExportedPeople
from subscribers.import_export.status_words import stored_status
from subscribers.reach import known_among
from subscribers.suppression.model import ALL_LISTS
from subscribers.tags.notes import notes_of
from subscribers.tags.records import tags_of

_p, _s, _c = tables.subscriber, tables.subscription, tables.consent
_lists = tables.mailing_list
_PEOPLE_AT_ONCE = 1_000
_AS_STORED = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE


def export_json_lines(connection: sa.Connection, out: IO[str], *, who: ExportedPeople) -> int:
    """
    Write these people and return their number; a thousand are read and written at a time. Of
    people on several lists, an export of one list has what is about that one or about none.
    """
    numbers = sa.select(_s.c.subscriber_id).join(_p, _p.c.id == _s.c.subscriber_id)
    of_these = _p.c.id.in_(numbers.where(*who.conditions()))
    people: sa.Select[Any] = sa.select(_p).where(of_these).order_by(_p.c.id)
    written = 0
    found = connection.execute(people.execution_options(yield_per=_PEOPLE_AT_ONCE))
    for part in found.partitions():
        for line in _lines(connection, part, who):
            out.write(orjson.dumps(line, option=_AS_STORED).decode())
        written += len(part)
    return written


def _lines(
    connection: sa.Connection, part: Sequence[sa.Row[Any]], who: ExportedPeople
) -> Iterator[dict[str, Any]]:
    numbers = [row.id for row in part]
    subscriptions = _subscriptions(connection, numbers, who)
    suppressions = suppressions_of(connection, numbers, who)
    past = _history(connection, numbers, who)
    known = known_among(connection, numbers, who.reach)
    tags, notes = tags_of(connection, known), notes_of(connection, known)
    values = json_values_of_all(connection, known)
    for row in part:
        against = suppressions.get(row.id, [])
        line = {
            "id": row.id,
            "address": row.email,
            "name": row.name,
            "language": row.language,
            "timezone": row.timezone,
            "created_at": row.created_at,
            "paused_until": row.paused_until,
            "fields": values.get(row.id, {}),
            "tags": tags.get(row.id, []),
            "notes": [
                {"text": note.text, "by": note.by_name, "written_at": note.written_at}
                for note in notes.get(row.id, ())
            ],
            "suppressions": against,
            "lists": [_with_status(each, against) for each in subscriptions.get(row.id, ())],
            "history": past.get(row.id, []),
        }
        yield line if row.id in known else _without_hidden_part(line)


def _without_hidden_part(line: dict[str, Any]) -> dict[str, Any]:
    """
    Return the line of a person from elsewhere without what the lists share.
    """
    added = min((each["subscribed_at"] for each in line["lists"]), default=None)
    history = [each for each in line["history"] if each["list"] is not None]
    blank = {"name": "", "language": None, "timezone": None, "paused_until": None}
    return {**line, **blank, "created_at": added, "history": history}


def _subscriptions(
    connection: sa.Connection, numbers: Sequence[int], who: ExportedPeople
) -> Groups:
    theirs = sa.select(_s, _lists.c.slug).join(_lists, _lists.c.id == _s.c.list_id)
    theirs = theirs.where(_s.c.subscriber_id.in_(numbers)).order_by(_lists.c.slug)
    if who.mailing_list is not None:
        theirs = theirs.where(_s.c.list_id == who.mailing_list.id)
    rows = connection.execute(theirs).all()
    consents = _consents(connection, [row.id for row in rows])
    found: Groups = {}
    for row in rows:
        found.setdefault(row.subscriber_id, []).append(
            {
                "list": row.slug,
                "status": row.state,
                "status_reason": row.ended_reason,
                "status_changed_at": row.since,
                "subscribed_at": row.created_at,
                "cadence": row.cadence,
                "consents": consents.get(row.id, []),
            }
        )
    return found


def _with_status(subscription: dict[str, Any], against: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """
    Return a subscription with its status instead of its state; a suppression takes precedence.
    """
    scopes = (ALL_LISTS, subscription["list"])
    held = next((each for each in against if each["scope"] in scopes), None)
    status = stored_status(subscription["status"], held["reason"] if held else None)
    if held is None:
        return {**subscription, "status": status}
    because = {"status_reason": held["reason"], "status_changed_at": held["since"]}
    return {**subscription, "status": status, **because}


def _consents(connection: sa.Connection, numbers: Sequence[int]) -> Groups:
    columns = ("text", "source", "given_at", "recorded_at", "evidence")
    of_these = sa.select(_c).where(_c.c.subscription_id.in_(numbers)).order_by(_c.c.id)
    return grouped(connection.execute(of_these).mappings(), "subscription_id", columns)


def _history(connection: sa.Connection, numbers: Sequence[int], who: ExportedPeople) -> Groups:
    columns = ("at", "what", "list", "by", "by_name", "through", "detail")
    past = (
        sa.select(history, _lists.c.slug.label("list"))
        .outerjoin(_lists, _lists.c.id == history.c.list_id)
        .where(history.c.subscriber_id.in_(numbers))
        .order_by(history.c.id)
    )
    if who.mailing_list is not None:
        is_theirs = history.c.list_id.is_(None) | (history.c.list_id == who.mailing_list.id)
        past = past.where(is_theirs)
    return grouped(connection.execute(past).mappings(), "subscriber_id", columns)
