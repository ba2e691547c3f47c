"""
Find the lists that members of staff, API tokens and outgoing webhooks are limited to.

Each has a table with a row for each list that one of them is limited to.
"""

from __future__ import annotations

import functools
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from subscribers.database.tables import mailing_list


def limit_slugs(
    connection: sa.Connection, owner: sa.Column[int], numbers: Collection[int]
) -> dict[int, frozenset[str]]:
    """
    Return the slugs of the lists that each of *numbers* is limited to. *owner* is the column of the
    numbers.
    """
    return _by_owner(connection, _slugs(owner), numbers)


def limit_ids(
    connection: sa.Connection, owner: sa.Column[int], numbers: Collection[int]
) -> dict[int, frozenset[int]]:
    """
    Return the ids of the lists that each of *numbers* is limited to. *owner* is the column of the
    numbers.
    """
    return _by_owner(connection, _ids(owner), numbers)


@functools.cache
def _slugs(owner: sa.Column[int]) -> sa.Select[Any]:
    on_list = mailing_list.c.id == owner.table.c.list_id
    return _limited(owner, sa.select(owner, mailing_list.c.slug).join(mailing_list, on_list))


@functools.cache
def _ids(owner: sa.Column[int]) -> sa.Select[Any]:
    return _limited(owner, sa.select(owner, owner.table.c.list_id))


def _limited(owner: sa.Column[int], pairs: sa.Select[Any]) -> sa.Select[Any]:
    return pairs.where(owner.in_(sa.bindparam("numbers", expanding=True)))


def _by_owner(
    connection: sa.Connection, pairs: sa.Select[Any], numbers: Collection[int]
) -> dict[int, frozenset[Any]]:
    if not numbers:
        return {}
    found: dict[int, set[Any]] = {number: set() for number in numbers}
    for number, value in connection.execute(pairs, {"numbers": list(numbers)}):
        found[number].add(value)
    return {number: frozenset(values) for number, values in found.items()}
