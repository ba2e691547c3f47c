"""
Apply a person's edits to a stored brief, field by field over the values from its source.

`brief.fields` holds the current values. Once a person has edited a field, `brief.given` holds the
source's values beside them, and `brief.edited` names the edited fields.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from newsletter.model.brief import Brief
from newsletter.model.link_key import link_key
from newsletter.store.content import fingerprints
from newsletter.store.content.fingerprints import text_hash
from newsletter.store.tables import brief, source

_IMAGE = ("image_url", "image_alt", "image_width", "image_height", "caption", "credit")


def change_brief(
    connection: sa.Connection,
    brief_id: int,
    read: Brief,
    *,
    content_hash: str,
    is_partial: bool = False,
    dated_at: dt.datetime | None = None,
    now: dt.datetime,
) -> None:
    """
    Update the brief to what its source gives now, except for the fields a person edited and, if it
    *is_partial*, the image and the categories that the source gave before. Frozen issues do not
    change, because they have their own copy. The time *dated_at* is taken only if it or the stored
    one is in the future, when it decides about sending.
    """
    row = _row(connection, brief_id)
    if is_partial:
        read = _completed(read, Brief.from_json(row.given or row.fields))
        content_hash = fingerprints.content_hash(read)
    given = read.as_json()
    values: dict[str, Any] = {
        "fields": given,
        "content_hash": content_hash,
        "link": link_key(read.url),
        "text_hash": text_hash(read),
        "changed_at": now,
    }
    if dated_at is not None and "date" not in row.edited and max(dated_at, row.dated_at) > now:
        values["dated_at"] = dated_at
    if row.edited:
        values |= {"given": given, "fields": _laid_over(given, row.fields, row.edited)}
    connection.execute(sa.update(brief).where(brief.c.id == brief_id).values(values))


def edit_brief(
    connection: sa.Connection,
    brief_id: int,
    edited: Brief,
    *,
    together: Collection[Collection[str]] = (),
    now: dt.datetime,
) -> None:
    """
    Save a person's edit. Each field that differs from the stored brief counts as edited from now
    on, along with those it belongs *together* with. The hash of the source's content is kept, so
    that the source's next change is noticed.
    """
    row = _row(connection, brief_id)
    fields = edited.as_json()
    theirs = {name for name, value in fields.items() if value != row.fields.get(name)}
    theirs = theirs.union(*(names for names in together if not theirs.isdisjoint(names)))
    given = row.fields if row.given is None else row.given
    _keep(connection, row, fields, given=given, edited={*row.edited, *theirs}, now=now)


def reset_brief(
    connection: sa.Connection, brief_id: int, names: Collection[str], *, now: dt.datetime
) -> None:
    """
    Reset the fields *names* to the values from the source.
    """
    row = _row(connection, brief_id)
    if row.given is not None:
        edited = set(row.edited) - set(names)
        fields = _laid_over(row.given, row.fields, edited)
        _keep(connection, row, fields, given=row.given, edited=edited, now=now)


def _keep(
    connection: sa.Connection,
    row: Any,
    fields: dict[str, Any],
    *,
    given: dict[str, Any],
    edited: set[str],
    now: dt.datetime,
) -> None:
    zone = connection.execute(
        sa.select(source.c.timezone).where(source.c.name == row.source_name)
    ).scalar_one_or_none()
    connection.execute(
        sa.update(brief)
        .where(brief.c.id == row.id)
        .values(
            fields=fields,
            given=given if edited else None,
            edited=sorted(edited),
            changed_at=now,
            dated_at=fingerprints.dated_at(
                Brief.from_json(fields), zone or "UTC", row.first_seen_at
            ),
        )
    )


def _completed(read: Brief, stored: Brief) -> Brief:
    """
    Return the brief as *read*, with the image and the categories that are *stored*, if there are.
    """
    kept = {name: getattr(stored, name) for name in (_IMAGE if stored.image_url else ())}
    return replace(read, **kept, categories=read.categories or stored.categories)


def _laid_over(
    given: dict[str, Any], fields: dict[str, Any], edited: Collection[str]
) -> dict[str, Any]:
    return given | {name: fields[name] for name in edited}


def _row(connection: sa.Connection, brief_id: int) -> Any:
    # On PostgreSQL, a poll and a person may change the brief at the same time.
    return connection.execute(
        sa.select(brief).where(brief.c.id == brief_id).with_for_update()
    ).one()
