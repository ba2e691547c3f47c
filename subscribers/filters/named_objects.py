"""
Find the list and the tag that a filter names.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.tables import mailing_list
from subscribers.filters.model import PeopleFilter
from subscribers.lists import find_list, read_list
from subscribers.model import MailingList
from subscribers.tags.names import find_tag, number_of_tag, tag_number

_m = mailing_list


def look_up(connection: sa.Connection, which: PeopleFilter) -> tuple[MailingList | None, int]:
    """
    Return the list and the number of the tag that a filter names, in one statement if both exist;
    None and 0 for what it does not name.

    Raises:
        UnknownList, UnknownTag: there is no such list or tag.
    """
    if not which.tag:
        return (find_list(connection, which.list_slug) if which.list_slug else None), 0
    # Who sees some lists alone does not learn which tags there are elsewhere.
    find = find_tag if which.among is None else number_of_tag
    if not which.list_slug:
        return None, find(connection, which.tag)
    of_list = sa.select(_m, tag_number(which.tag)).where(_m.c.slug == which.list_slug)
    row = connection.execute(of_list).one_or_none()
    found = find_list(connection, which.list_slug) if row is None else read_list(row)
    tag_id: int | None = None if row is None else row.tag_number
    return found, find(connection, which.tag) if tag_id is None else tag_id
