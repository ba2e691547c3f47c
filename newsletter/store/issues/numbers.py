"""
Number issues for readers: a counter per list, which only issues that were sent count up.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from newsletter.model.issue import Issue
from newsletter.store.content.sent_briefs import GAVE_BACK
from newsletter.store.tables import issue
from subscribers.database.tables import mailing_list


def number_of(connection: sa.Connection, about: Issue, *, following: int | None = None) -> int:
    """
    Return the number that readers see in an issue: the one it was frozen with, or else the next of
    its first list, which is read unless it is given as *following*. A test mail shows the number of
    its issue, a correction that of the issue that it corrects.
    """
    known = about.number or _stored_number(connection, about)
    return known or following or _next_number(connection, _list_id(about))


def claim_number(connection: sa.Connection, about: Issue) -> tuple[int, int | None]:
    """
    Return the number of an issue that is being frozen, and its first list. No other transaction can
    give an issue to that list a number until this one ends.
    """
    locked = sa.select(mailing_list.c.id).where(mailing_list.c.slug == about.audience.lists[0])
    list_id = connection.execute(locked.with_for_update(key_share=True)).scalar_one_or_none()
    known = about.number or _stored_number(connection, about)
    return known or _next_number(connection, sa.literal(list_id)), list_id


def _stored_number(connection: sa.Connection, about: Issue) -> int | None:
    shown_id = about.audience.sent_to_issue or about.content_id
    if shown_id == about.id:
        return None
    found = sa.select(issue.c.number).where(issue.c.id == shown_id)
    return connection.execute(found).scalar_one_or_none()


def _next_number(connection: sa.Connection, list_id: sa.ColumnElement[int]) -> int:
    return int(connection.execute(newest_number(list_id)).scalar_one() or 0) + 1


def newest_number(list_id: sa.ColumnElement[int]) -> sa.Select[Any]:
    """
    Select the highest number of an issue to a list; NULL before the first.
    """
    return sa.select(sa.func.max(issue.c.number)).where(
        issue.c.number_list_id == list_id, ~GAVE_BACK
    )


def _list_id(about: Issue) -> sa.ScalarSelect[int]:
    found = sa.select(mailing_list.c.id).where(mailing_list.c.slug == about.audience.lists[0])
    return found.scalar_subquery()
