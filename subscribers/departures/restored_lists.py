"""
Find the list that a departure is about in a restored database, where it may have another slug.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa

from subscribers.database.tables import mailing_list
from subscribers.departures.model import Departure


def in_restored_lists(
    connection: sa.Connection, gone: Mapping[str, Sequence[Departure]]
) -> dict[str, list[Departure]]:
    """
    Return the same departures with the slugs that their lists have in this database.

    A list is found by its number, because it may have been renamed after the backup, and by its
    slug, because the number may have been given to another list since. If the two name different
    lists, the departure counts for both: doubt goes to not mailing.
    """
    rows = connection.execute(sa.select(mailing_list.c.id, mailing_list.c.slug))
    slugs = {row.id: row.slug for row in rows}
    return {
        email_hash: [
            replace(each, scope=scope) for each in departures for scope in _scopes(each, slugs)
        ]
        for email_hash, departures in gone.items()
    }


def _scopes(departure: Departure, slugs: Mapping[int, str]) -> list[str]:
    if not departure.scope:
        return [departure.scope]
    found = [
        slug
        for number, slug in slugs.items()
        if number == departure.list_id or slug == departure.scope
    ]
    # A list that is not there was added after the backup.
    return found or [departure.scope]
