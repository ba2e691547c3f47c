"""
Find people while somebody types: by the beginning of an address, of its domain or of a word of a
name. Each is read from its index, and of each only the first 500 people are looked at, so that it
takes some milliseconds however many people there are.

The words amid a name have no index, since it would slow each import down. Up to 20,000 people are
looked through for them; among more, they are found if the text goes on to the last word.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.search_keys import KEY_LENGTH, DomainKey, LastWordKey, NameKey
from subscribers.filters.conditions import matches
from subscribers.filters.model import PeopleFilter
from subscribers.model import Subscriber
from subscribers.people import read_people
from subscribers.reach import is_known_on

_p = tables.subscriber
# So many people are looked at for each of the ways to find them.
MOST = 500
# So many names are looked through in some ten milliseconds.
MOST_READ = 20_000
# They sort after whatever begins with the same text: of ASCII alone, and of all characters.
_ASCII_END, _END = "\x7f", "\U0010ffff"


@dataclass(frozen=True, kw_only=True)
class QuickFind:
    """
    A page of the people who were found, ordered by address. `count` is the number of all who were
    found; unless it `is_whole`, there are people who were not looked at.
    """

    people: Sequence[Subscriber]
    count: int
    is_whole: bool
    has_more: bool


def find_quickly(
    connection: sa.Connection,
    text: str,
    which: PeopleFilter,
    *,
    segment: sa.Select[Any] | None = None,
    after: int = 0,
    limit: int,
) -> QuickFind:
    """
    Return at most *limit* of the people who are found by the beginning *text* and whom a filter
    matches, behind the one with the number *after*.

    Raises:
        UnknownList, UnknownTag: there is no such list or tag.
    """
    conditions = matches(connection, which, segment=segment)
    if which.among is not None:
        # Whose name is not seen is found by the address alone.
        by_address = (
            sa.and_(each >= start, each < end)
            for each, start, end in _ranges(text.strip())
            if not isinstance(each, NameKey | LastWordKey)
        )
        conditions.append(sa.or_(is_known_on(_p.c.id, which.among), *by_address))
    is_match = sa.and_(*conditions).label("is_match")
    is_small = count_up_to(connection, MOST_READ) is not None
    candidates = _candidates(text.strip(), is_small=is_small)
    rows = connection.execute(
        sa.select(_p.c.id, is_match).where(_p.c.id.in_(candidates)).order_by(_p.c.email_key)
    ).all()
    found = [row.id for row in rows if row.is_match]
    start = found.index(after) + 1 if after in found else 0
    page = found[start : start + limit]
    return QuickFind(
        people=people_among(connection, page),
        count=len(found),
        is_whole=len(rows) < MOST,
        has_more=len(found) > start + limit,
    )


def people_among(connection: sa.Connection, numbers: Sequence[int]) -> list[Subscriber]:
    """
    Return the people with these few numbers, ordered by address.
    """
    if not numbers:
        return []
    query = sa.select(_p).where(_p.c.id.in_(numbers)).order_by(_p.c.email_key)
    return read_people(connection, connection.execute(query).all())


def _candidates(text: str, *, is_small: bool) -> sa.CompoundSelect[Any]:
    """
    Select the numbers of the first people whom *text* may mean, from each index by itself, and by
    later words of their names: of all people if there are few.
    """
    begun = [_first(key, start, end) for key, start, end in _ranges(text)]
    if not text or "@" in text:
        return sa.union(*begun)
    if is_small:
        return sa.union(*begun, _with_later_words(text, sa.true()))
    last = text.rpartition(" ")[2] if " " in text else ""
    key = LastWordKey(_p.c.name)
    ranges = [sa.and_(key >= typed, key < typed + _END) for typed in _in_all_cases(last) if last]
    return sa.union(*begun, *(_with_later_words(text, each) for each in ranges))


def _with_later_words(text: str, condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """
    Select the first people, of at most 20,000 who meet the *condition*, in whose name *text* begins
    behind a space.
    """
    read = sa.select(_p.c.id, _p.c.name).where(condition).limit(MOST_READ).subquery()
    # SQLite compares only ASCII letters without regard to case.
    cases = [text] if text.isascii() else [text, text.lower(), text.upper(), text.title()]
    is_found = (read.c.name.icontains(f" {case}", autoescape=True) for case in cases)
    found = sa.select(read.c.id).where(sa.or_(*is_found)).limit(MOST).subquery()
    return sa.select(found.c.id)


def _ranges(text: str) -> Iterator[tuple[sa.ColumnElement[str], str, str]]:
    """
    Yield each expression that is looked at, with the texts that enclose what begins with *text*.
    """
    key, domain = _p.c.email_key, DomainKey(_p.c.email_key)
    start = text.lower()
    if start.startswith("@"):
        yield domain, start[1:], start[1:] + _ASCII_END
        return
    yield key, start, start + _ASCII_END
    if "@" in start:
        return
    yield domain, start, start + _ASCII_END
    for name, typed in itertools.product((NameKey, LastWordKey), _in_all_cases(text)):
        yield name(_p.c.name), typed, typed + _END


def _in_all_cases(text: str) -> list[str]:
    """
    Return *text* as the database may have put it in lower case: SQLite, and PostgreSQL in some
    places, leave letters alone that are not ASCII.
    """
    cases = (text.lower(), text, text.title(), text.upper())
    return list(dict.fromkeys(_ascii_lower(each)[:KEY_LENGTH] for each in cases))


def _ascii_lower(text: str) -> str:
    return "".join(each.lower() if each.isascii() else each for each in text)


def _first(key: sa.ColumnElement[str], start: str, end: str) -> sa.Select[Any]:
    found = sa.select(_p.c.id).where(key >= start, key < end).order_by(key).limit(MOST).subquery()
    return sa.select(found.c.id)


def count_up_to(
    connection: sa.Connection, most: int, conditions: Sequence[sa.ColumnElement[bool]] = ()
) -> int | None:
    """
    Return the number of people who meet the *conditions* that `matches` returned; None if there are
    more than *most*, who are not counted.
    """
    met = sa.select(_p.c.id).where(_p.c.email_key.is_not(None), *conditions)
    some = met.limit(most + 1).subquery()
    found = connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()
    return found if found <= most else None
