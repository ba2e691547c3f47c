"""
Drop the events on their way to a webhook that it does not want any more, because it was limited to
fewer kinds or lists. They are neither sent nor replayed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import sqlalchemy as sa

from newsletter.model.outgoing import OutgoingKind
from newsletter.store.outgoing.people import slugs_of
from newsletter.store.tables import outgoing_delivery, outgoing_event
from subscribers.database.tables import subscription

_d = outgoing_delivery
_e = outgoing_event
# Their data has `lists`.
_OF_ISSUES = tuple(
    kind for kind in OutgoingKind if kind.startswith("issue.") or kind.startswith("schedule.")
)
_OF_ALL_LISTS = (OutgoingKind.BRIEF_COLLECTED, OutgoingKind.EXPORT_READY)


def drop_other_kinds(
    connection: sa.Connection, webhook_id: int, kinds: Collection[OutgoingKind]
) -> None:
    """
    Drop the events that are of none of these kinds.
    """
    _drop(connection, webhook_id, _e.c.kind.not_in(sorted(kinds)))


def drop_other_lists(connection: sa.Connection, webhook_id: int, list_ids: Collection[int]) -> None:
    """
    Drop the events that concern none of these lists. An event about a person on all lists concerns
    those that they are or were on.
    """
    slugs = frozenset(slugs_of(connection, list_ids).values())
    of_list = _e.c.data["list"].as_string()
    is_person = _e.c.kind.not_in([*_OF_ISSUES, *_OF_ALL_LISTS])
    theirs = sa.exists().where(
        subscription.c.subscriber_id == _e.c.subscriber_id,
        subscription.c.list_id.in_(sorted(list_ids)),
    )
    of_no_list = sa.or_(
        _e.c.kind.in_(_OF_ALL_LISTS),
        # Nothing is known of the lists of somebody who was erased, and nothing names them.
        sa.and_(is_person, _e.c.address.is_not(None), ~theirs),
    )
    _drop(connection, webhook_id, of_list.not_in(sorted(slugs)))
    _drop(connection, webhook_id, sa.and_(of_list.is_(None), of_no_list))
    _drop(connection, webhook_id, _e.c.id.in_(list(_other_issues(connection, webhook_id, slugs))))


def _other_issues(
    connection: sa.Connection, webhook_id: int, slugs: frozenset[str]
) -> Iterator[int]:
    found = sa.select(_e.c.id, _e.c.data).join(_d, _d.c.event_id == _e.c.id)
    about_issues = found.where(_d.c.webhook_id == webhook_id, _e.c.kind.in_(_OF_ISSUES))
    for row in connection.execute(about_issues):
        if slugs.isdisjoint(row.data["lists"]):
            yield row.id


def _drop(connection: sa.Connection, webhook_id: int, which: sa.ColumnElement[bool]) -> None:
    unwanted = sa.select(_e.c.id).where(which)
    connection.execute(
        _d.delete().where(_d.c.webhook_id == webhook_id, _d.c.event_id.in_(unwanted))
    )
