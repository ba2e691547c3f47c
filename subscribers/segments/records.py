"""
Store and find segments.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from subscribers.database.segment_tables import segment as _segments
from subscribers.database.tables import mailing_list
from subscribers.errors import InvalidText, SegmentExists, UnknownSegment
from subscribers.fields.declare import all_fields
from subscribers.lists import find_list
from subscribers.segments.model import Known, Segment
from subscribers.text.phrases import phrase

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}", re.ASCII)


def add_segment(
    connection: sa.Connection, name: str, rule: str, *, list_slug: str | None, now: dt.datetime
) -> Segment:
    """
    Store a segment, whose rule was parsed before, and return it.

    Raises:
        InvalidText: the name is not valid.
        SegmentExists: there is a segment of that name.
        UnknownList: there is no such list.
    """
    if not _NAME.fullmatch(name):
        raise InvalidText(
            phrase(
                "{name!r} is not the name of a segment: use up to 60 lower-case letters, "
                "digits, - and _, such as press",
                name=name,
            )
        )
    if any(each.name == name for each in all_segments(connection)):
        raise SegmentExists(
            phrase("segment {name} already exists: edit it, or choose another name", name=name)
        )
    values = {"name": name, "rule": rule, "list_id": _list_id(connection, list_slug)}
    connection.execute(_segments.insert().values(**values, created_at=now, changed_at=now))
    return find_segment(connection, name)


def edit_segment(
    connection: sa.Connection,
    name: str,
    *,
    rule: str | None = None,
    list_slug: str | None = None,
    now: dt.datetime,
) -> Segment:
    """
    Change the rule or the list of a segment and return it; None keeps what it is, an empty list
    takes it away. A rule was parsed before.

    Raises:
        UnknownSegment, UnknownList: there is no such segment or list.
    """
    found = find_segment(connection, name)
    values: dict[str, Any] = {} if rule is None else {"rule": rule}
    if list_slug is not None:
        values["list_id"] = _list_id(connection, list_slug or None)
    update = _segments.update().where(_segments.c.id == found.id)
    connection.execute(update.values(**values, changed_at=now))
    return find_segment(connection, name)


def remove_segment(connection: sa.Connection, segment: Segment) -> None:
    """
    Remove a segment that nothing uses.
    """
    connection.execute(_segments.delete().where(_segments.c.id == segment.id))


def find_segment(connection: sa.Connection, name: str) -> Segment:
    """
    Return the segment of that name.

    Raises:
        UnknownSegment: there is none; the line names the nearest.
    """
    found = all_segments(connection)
    for each in found:
        if each.name == name:
            return each
    near = difflib.get_close_matches(name, [each.name for each in found], n=1, cutoff=0.5)
    advice = (
        phrase("did you mean {near}?", near=near[0])
        if near
        else phrase("add it with `newsletter segment add`")
    )
    raise UnknownSegment(
        phrase("segment {name!r} does not exist: {advice}", name=name, advice=advice), wanted=name
    )


def all_segments(connection: sa.Connection) -> list[Segment]:
    """
    Return every segment, sorted by name.
    """
    rows = connection.execute(
        sa.select(_segments, mailing_list.c.slug)
        .outerjoin(mailing_list, mailing_list.c.id == _segments.c.list_id)
        .order_by(_segments.c.name)
    )
    return [
        Segment(
            id=row.id,
            name=row.name,
            rule=row.rule,
            list_slug=row.slug,
            created_at=row.created_at,
            changed_at=row.changed_at,
        )
        for row in rows
    ]


def known_to_rules(
    connection: sa.Connection, mailed: Mapping[str, str], *, reach: frozenset[str] | None = None
) -> Known:
    """
    Return what a rule may name now: fields, lists and the tests of mail in *mailed*. With *reach*,
    the lists are those with one of these slugs.
    """
    slugs = frozenset(connection.scalars(sa.select(mailing_list.c.slug)))
    return Known(
        fields={field.name: field for field in all_fields(connection)},
        lists=slugs if reach is None else slugs & reach,
        mailed=mailed,
    )


def _list_id(connection: sa.Connection, slug: str | None) -> int | None:
    return None if slug is None else find_list(connection, slug).id
