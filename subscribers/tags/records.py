"""
Give people tags and take them away; the history says which a person had before and after.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Collection, Iterable, Mapping

import sqlalchemy as sa

from subscribers.database.bulk_insert import insert_many
from subscribers.database.segment_tables import subscriber_tag as _given
from subscribers.database.segment_tables import tag as _tags
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record_all
from subscribers.tags.names import ensure_tags

_AT_ONCE = 1_000
_OF_PEOPLE = (
    sa.select(_given.c.subscriber_id, _tags.c.name)
    .join(_tags, _tags.c.id == _given.c.tag_id)
    .where(_given.c.subscriber_id.in_(sa.bindparam("people", expanding=True)))
)
# The number of a person, and the tags that they get and lose.
_TagChange = tuple[int, Collection[str], Collection[str]]


def change_tags(
    connection: sa.Connection,
    subscriber_ids: Collection[int],
    *,
    add: Collection[str] = (),
    remove: Collection[str] = (),
    by: Origin,
    now: dt.datetime,
) -> int:
    """
    Give all the people the tags in *add*, as `parse_tag` returned them, and take those in *remove*
    away, as one change of each person. Return the number of people whose tags changed.
    """
    changes = ((each, add, remove) for each in subscriber_ids)
    return _change(connection, changes, by=by, now=now)


def add_tags_to_many(
    connection: sa.Connection,
    pairs: Iterable[tuple[int, Collection[str]]],
    *,
    by: Origin,
    now: dt.datetime,
) -> int:
    """
    Give each person tags of their own, named with the person's number in *pairs*, and return the
    number of people who did not have all of theirs.
    """
    changes = ((number, names, ()) for number, names in pairs)
    return _change(connection, changes, by=by, now=now)


def tags_of(connection: sa.Connection, subscriber_ids: Collection[int]) -> dict[int, list[str]]:
    """
    Return the tags of several people by their numbers, sorted. Who has none is left out.
    """
    rows = connection.execute(_OF_PEOPLE, {"people": list(subscriber_ids)})
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row.subscriber_id, []).append(row.name)
    return {number: sorted(names) for number, names in found.items()}


def _change(
    connection: sa.Connection, changes: Iterable[_TagChange], *, by: Origin, now: dt.datetime
) -> int:
    """
    Change the tags of people, record what each had before, and return how many people changed.
    """
    left, count = iter(changes), 0
    while some := list(itertools.islice(left, _AT_ONCE)):
        found = tags_of(connection, {number for number, _, _ in some})
        before = {number: frozenset(found.get(number, ())) for number, _, _ in some}
        after = {number: set(names) for number, names in before.items()}
        for number, add, remove in some:
            after[number] = (after[number] - set(remove)) | set(add)
        changed = {n: names for n, names in after.items() if names != before[n]}
        _store(connection, before, changed)
        records = [
            HistoryRecord(
                what=HistoryEvent.CHANGED,
                subscriber_id=number,
                detail={"tags": {"before": sorted(before[number]), "after": sorted(names)}},
            )
            for number, names in changed.items()
        ]
        record_all(connection, records, by=by, at=now)
        count += len(changed)
    return count


def _store(
    connection: sa.Connection,
    before: Mapping[int, Collection[str]],
    after: Mapping[int, Collection[str]],
) -> None:
    """
    Store the tags that people have *after* a change and did not have before, and delete the others.
    """
    added = [(n, name) for n, names in after.items() for name in names if name not in before[n]]
    gone: dict[str, list[int]] = {}
    for number, names in after.items():
        for name in set(before[number]).difference(names):
            gone.setdefault(name, []).append(number)
    ids = ensure_tags(connection, {name for _, name in added})
    # In one order, so that two programs do not wait for each other.
    rows = sorted((number, ids[name]) for number, name in added)
    insert_many(connection, _given, ("subscriber_id", "tag_id"), rows)
    for name, numbers in sorted(gone.items()):
        tag_id = sa.select(_tags.c.id).where(_tags.c.name == name).scalar_subquery()
        connection.execute(
            _given.delete().where(_given.c.subscriber_id.in_(numbers), _given.c.tag_id == tag_id)
        )
