"""
Count the subscriptions of all lists, by state and suppression.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.model import EndCause, ListCounts, MailingList, SubscriptionState
from subscribers.suppression.model import ALL_LISTS

_s = tables.subscription


def count_list(connection: sa.Connection, mailing_list: MailingList) -> ListCounts:
    """
    Return how many subscriptions of a list are in each state, as `count_subscriptions` does.
    """
    found = count_subscriptions(connection, _s.c.list_id == mailing_list.id)
    return ListCounts(mailing_list=mailing_list, **found.get(mailing_list.id, {}))


def count_subscriptions(
    connection: sa.Connection, *which: sa.ColumnElement[bool]
) -> Mapping[int, Mapping[str, int]]:
    """
    Return by number of the list how many of its subscriptions, or of *which* of them, are in each
    state. Those that have not ended, but whose address is suppressed, count as `suppressed` and in
    no state. Those of people who were erased, or whom an import added that was undone, do not
    count.
    """
    is_known = _s.c.ended_cause.is_distinct_from(EndCause.ERASURE.value)
    counted = sa.select(_s.c.list_id, _s.c.state, sa.func.count()).where(is_known, *which)
    counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for list_id, state, number in connection.execute(counted.group_by(_s.c.list_id, _s.c.state)):
        counts[list_id][SubscriptionState(state).value] = number
    for list_id, state, number in connection.execute(_select_suppressed(which)):
        counts[list_id][SubscriptionState(state).value] -= number
        counts[list_id]["suppressed"] += number
    return counts


def count_pending(connection: sa.Connection, lists: Sequence[MailingList]) -> int:
    """
    Return the number of people who are pending on at least one of *lists*.
    """
    people = sa.select(sa.func.count(_s.c.subscriber_id.distinct())).where(
        _s.c.list_id.in_([each.id for each in lists]),
        _s.c.state == SubscriptionState.PENDING.value,
    )
    return connection.scalar(people) or 0


def _select_suppressed(which: Sequence[sa.ColumnElement[bool]]) -> sa.Select[Any]:
    p, x, lists = tables.subscriber, tables.suppression, tables.mailing_list
    held = (
        sa.select(_s.c.id, _s.c.list_id, _s.c.state)
        .join_from(x, p, p.c.email_key == x.c.email_key)
        .join(_s, _s.c.subscriber_id == p.c.id)
        .join(lists, lists.c.id == _s.c.list_id)
        .where(
            _s.c.state != SubscriptionState.ENDED.value,
            x.c.scope.in_([ALL_LISTS, lists.c.slug]),
            *which,
        )
        # An address may be suppressed both for the list and for all.
        .distinct()
        .subquery()
    )
    by_state = (held.c.list_id, held.c.state)
    return sa.select(*by_state, sa.func.count()).group_by(*by_state)
