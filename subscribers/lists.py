"""
Add, edit, rename, remove, find and count mailing lists.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.columns import insert_into
from subscribers.errors import ListExists, ListInUse, UnknownList
from subscribers.history.records import keep_without_list
from subscribers.list_counts import count_subscriptions
from subscribers.model import ListCounts, MailingList, OptIn, Visibility
from subscribers.suppression.records import add_suppressions
from subscribers.text.phrases import phrase, plural
from subscribers.validation.slugs import require_slug, unknown_slug
from subscribers.validation.text_fields import one_line, parse_language

_lists = tables.mailing_list


def add_list(
    connection: sa.Connection,
    slug: str,
    *,
    name: str,
    now: dt.datetime,
    description: str = "",
    opt_in: OptIn = OptIn.DOUBLE,
    visibility: Visibility = Visibility.PRIVATE,
    language: str = "en",
) -> MailingList:
    """
    Add a list and return it.

    Raises:
        InvalidSlug: *slug* cannot be part of a URL.
        InvalidText: the name is empty or longer than one line, or the language is not valid.
        ListExists: a list already has that slug.
    """
    require_slug(slug)
    values = {
        "slug": slug,
        "name": _name(name),
        "description": one_line(description, phrase("description")),
        "opt_in": opt_in.value,
        "visibility": visibility.value,
        "language": parse_language(language),
        "created_at": now,
    }
    insert = insert_into(connection, _lists).values(values).on_conflict_do_nothing()
    row = connection.execute(insert.returning(*_lists.c)).one_or_none()
    if row is None:
        raise _slug_is_taken(slug)
    return read_list(row)


def edit_list(
    connection: sa.Connection,
    slug: str,
    *,
    name: str | None = None,
    description: str | None = None,
    opt_in: OptIn | None = None,
    visibility: Visibility | None = None,
    language: str | None = None,
) -> MailingList:
    """
    Change the given values and return the list; None leaves a value unchanged.

    Raises:
        UnknownList: there is no list with that slug.
        InvalidText: the name is empty or longer than one line, or the language is not valid.
    """
    given = {
        "name": None if name is None else _name(name),
        "description": None
        if description is None
        else one_line(description, phrase("description")),
        "opt_in": opt_in.value if opt_in else None,
        "visibility": visibility.value if visibility else None,
        "language": None if language is None else parse_language(language),
    }
    changes = {key: value for key, value in given.items() if value is not None}
    if changes:
        connection.execute(_lists.update().where(_lists.c.slug == slug).values(changes))
    return find_list(connection, slug)


def rename_list(connection: sa.Connection, mailing_list: MailingList, slug: str) -> MailingList:
    """
    Give the list another slug and return it. Suppressions for the list apply to the new slug.

    Raises:
        InvalidSlug: *slug* cannot be part of a URL.
        ListExists: a list already has that slug.
    """
    require_slug(slug)
    if slug in all_slugs(connection):
        raise _slug_is_taken(slug)
    is_it = _lists.c.id == mailing_list.id
    connection.execute(_lists.update().where(is_it).values(slug=slug))
    x = tables.suppression
    kept = sa.select(*(column for column in x.c if column.name not in ("id", "scope")))
    found = connection.execute(kept.where(x.c.scope == mailing_list.slug)).all()
    add_suppressions(connection, [{**row._mapping, "scope": slug} for row in found])
    connection.execute(x.delete().where(x.c.scope == mailing_list.slug))
    return find_list(connection, slug)


def remove_list(connection: sa.Connection, mailing_list: MailingList) -> None:
    """
    Remove a list that nobody was ever on.

    Raises:
        ListInUse: somebody is or was on it.
    """
    s = tables.subscription
    on_it = sa.select(sa.func.count()).where(s.c.list_id == mailing_list.id)
    people = connection.scalar(on_it) or 0
    if people:
        raise ListInUse(
            plural(
                "{n} person is or was on list {list}: it has to stay, so that unsubscribe "
                "links in emails already sent work and nobody is subscribed again",
                "{n} people are or were on list {list}: it has to stay, so that "
                "unsubscribe links in emails already sent work and nobody is subscribed "
                "again",
                people,
                list=mailing_list.slug,
            )
        )
    keep_without_list(connection, mailing_list.id, mailing_list.slug)
    connection.execute(_lists.delete().where(_lists.c.id == mailing_list.id))


def find_list(connection: sa.Connection, slug: str) -> MailingList:
    """
    Return the list with that slug.

    Raises:
        UnknownList: there is none; the message names the most similar slug.
    """
    return find_lists(connection, [slug])[0]


def find_lists(connection: sa.Connection, slugs: Sequence[str]) -> list[MailingList]:
    """
    Return the lists with those slugs, in the same order; raise like `find_list`.
    """
    rows = connection.execute(sa.select(_lists).where(_lists.c.slug.in_(slugs)))
    found = {row.slug: read_list(row) for row in rows}
    if missing := [slug for slug in slugs if slug not in found]:
        raise UnknownList(unknown_slug(missing[0], all_slugs(connection)), wanted=missing[0])
    return [found[slug] for slug in slugs]


def lists_by_id(connection: sa.Connection, ids: Sequence[int]) -> list[MailingList]:
    """
    Return the lists with these numbers, in the same order; those that were removed are left out.
    """
    rows = connection.execute(sa.select(_lists).where(_lists.c.id.in_(ids)))
    found = {row.id: read_list(row) for row in rows}
    return [found[number] for number in ids if number in found]


def all_lists(connection: sa.Connection) -> list[ListCounts]:
    """
    Return every list with its subscriptions counted by state, ordered by slug.
    """
    counts = count_subscriptions(connection)
    rows = connection.execute(sa.select(_lists).order_by(_lists.c.slug))
    return [ListCounts(mailing_list=read_list(row), **counts.get(row.id, {})) for row in rows]


def all_slugs(connection: sa.Connection) -> list[str]:
    """
    Return the slug of every list, sorted.
    """
    return list(connection.scalars(sa.select(_lists.c.slug).order_by(_lists.c.slug)))


def _slug_is_taken(slug: str) -> ListExists:
    return ListExists(
        phrase("list {list!r} already exists: edit it, or choose another slug", list=slug)
    )


def _name(text: str) -> str:
    return one_line(text, phrase("list's name"), may_be_empty=False)


def read_list(row: sa.Row[Any]) -> MailingList:
    """
    Convert a row of the table into a MailingList.
    """
    return MailingList(
        id=row.id,
        slug=row.slug,
        name=row.name,
        description=row.description,
        opt_in=OptIn(row.opt_in),
        visibility=Visibility(row.visibility),
        language=row.language,
    )
