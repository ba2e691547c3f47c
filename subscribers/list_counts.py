"""
Count the subscriptions of all lists, by state and suppression.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.model import EndCause, ListCounts, MailingList, SubscriptionState
from subscribers.suppression.model import ALL_LISTS

_s = tables.subscription
# Counts of lists with so many people are reused, and for how long by the number of people.
LARGE_LIST = 100_000
REUSED_S_PER_PERSON = 5e-6


class LargeListCounts:
    """
    Counts lists, and reuses the counts of a large one for a moment: for five seconds if it has a
    million people, whom it takes some 40 ms to count.
    """

    def __init__(
        self, monotonic_s: Callable[[], float] = time.monotonic, *, large_list: int = LARGE_LIST
    ) -> None:
        self._monotonic_s, self._large_list = monotonic_s, large_list
        self._found: dict[int, tuple[float, ListCounts]] = {}

    def count(self, connection: sa.Connection, mailing_list: MailingList) -> ListCounts:
        """
        Return how many subscriptions of a list are in each state, as `count_subscriptions` does; of
        a large list as they were a moment ago.
        """
        return self.count_all(connection, [mailing_list])[0]

    def count_all(
        self, connection: sa.Connection, mailing_lists: Sequence[MailingList]
    ) -> list[ListCounts]:
        """
        Return the counts of lists, those of large ones as they were a moment ago. The others are
        counted together.
        """
        now_s = self._monotonic_s()
        found_before = dict(self._found).items()
        known = {number: counts for number, (until_s, counts) in found_before if now_s < until_s}
        rest = [each.id for each in mailing_lists if each.id not in known]
        found = count_subscriptions(connection, _s.c.list_id.in_(rest)) if rest else {}
        return [
            replace(known[each.id], mailing_list=each)
            if each.id in known
            else self._kept(ListCounts(mailing_list=each, **found.get(each.id, {})))
            for each in mailing_lists
        ]

    def _kept(self, counts: ListCounts) -> ListCounts:
        people = counts.pending + counts.active + counts.suppressed + counts.ended
        if people >= self._large_list:
            until_s = self._monotonic_s() + people * REUSED_S_PER_PERSON
            self._found[counts.mailing_list.id] = until_s, counts
        return counts


def count_subscriptions(
    connection: sa.Connection, *which: sa.ColumnElement[bool]
) -> Mapping[int, Mapping[str, int]]:
    """
    Return by number of the list how many of its subscriptions, or of *which* of them, are in each
    state. Those that have not ended, but whose address is suppressed, count as `suppressed` and in
    no state. Those of people who were erased, or whom an import added that was undone, do not
    count.
    """
    by_state = (_s.c.list_id, _s.c.state)
    counted = sa.select(*by_state, sa.func.count()).where(*which).group_by(*by_state)
    counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    # An index has all that these count. Only of those that ended are the rows themselves read.
    for list_id, state, number in connection.execute(counted):
        counts[list_id][SubscriptionState(state).value] = number
    is_erased = sa.and_(
        _s.c.state == SubscriptionState.ENDED.value, _s.c.ended_cause == EndCause.ERASURE.value
    )
    for list_id, state, number in connection.execute(counted.where(is_erased)):
        counts[list_id][SubscriptionState(state).value] -= number
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
    """
    Select the number of suppressed subscriptions by list and state. The joins are outer ones, which
    SQLite does not reorder: without statistics it would begin with all subscriptions.
    """
    p, x, lists = tables.subscriber, tables.suppression, tables.mailing_list
    has_not_ended = _s.c.state != SubscriptionState.ENDED.value
    is_held = sa.and_(lists.c.id == _s.c.list_id, x.c.scope.in_([ALL_LISTS, lists.c.slug]))
    held = (
        x.outerjoin(p, p.c.email_key == x.c.email_key)
        .outerjoin(_s, sa.and_(_s.c.subscriber_id == p.c.id, has_not_ended, *which))
        .outerjoin(lists, is_held)
    )
    by_state = (_s.c.list_id, _s.c.state)
    # An address may be suppressed both for the list and for all.
    number = sa.func.count(sa.distinct(_s.c.id))
    return (
        sa.select(*by_state, number)
        .select_from(held)
        .where(lists.c.id.is_not(None))
        .group_by(*by_state)
    )
