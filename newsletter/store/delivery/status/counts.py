"""
Count the deliveries of an issue: by state, by reason, and by provider.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.delivery import DeliveryState
from newsletter.model.reason_words import delivery_reason
from newsletter.store.delivery.status.shown import (
    BATCH_STATE,
    IN_BATCH,
    SHOWN_STATE,
    any_issue,
    select_replaced,
)
from newsletter.store.tables import batch, delivery, exclusion

_ISSUE = sa.bindparam("issue", type_=sa.Integer)
_PEOPLE = sa.func.count().label("people")
_NOTHING = sa.cast(sa.null(), sa.Text)
# Batches from before their size was written have none.
BATCH_SIZE = sa.func.coalesce(
    batch.c.size, sa.select(sa.func.count()).select_from(delivery).where(IN_BATCH).scalar_subquery()
)


def _part(name: str, *values: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """
    Select how many people there are by one value, or by two.
    """
    value, more = (*values, _NOTHING)[:2]
    part: sa.ColumnElement[str] = sa.literal_column(f"'{name}'")
    columns = (part.label("part"), value.label("value"), more.label("more"))
    return sa.select(*columns, _PEOPLE).group_by(*values)


# Built once: building them takes longer than executing them.
_STATES = (
    # PostgreSQL adds whole numbers up to a decimal one.
    sa.select(
        sa.literal_column("'batches'").label("part"),
        BATCH_STATE.label("value"),
        _NOTHING.label("more"),
        sa.cast(sa.func.sum(BATCH_SIZE), sa.BigInteger).label("people"),
    )
    .where(batch.c.issue_id == _ISSUE)
    .group_by(BATCH_STATE),
    _part("own", delivery.c.state, BATCH_STATE)
    .select_from(delivery)
    .outerjoin(batch, IN_BATCH)
    .where(delivery.c.issue_id == any_issue(_ISSUE), delivery.c.state.is_not(None)),
    _part("replaced", SHOWN_STATE)
    .select_from(delivery)
    .outerjoin(batch, IN_BATCH)
    .where(delivery.c.id.in_(select_replaced(_ISSUE))),
    _part("excluded", exclusion.c.reason).where(exclusion.c.issue_id == _ISSUE),
)
_own = delivery.alias("own")
_REASONS = _part("reasons", delivery.c.reason, delivery.c.settled_by).where(
    # By their numbers, from the index of the few: SQLite would read all deliveries of the issue.
    delivery.c.id.in_(
        sa.select(_own.c.id).where(_own.c.issue_id == _ISSUE, _own.c.state.is_not(None))
    ),
    delivery.c.id.not_in(select_replaced(_ISSUE)),
    (delivery.c.reason != "") | delivery.c.settled_by.is_not(None),
)
_COUNTS = sa.union_all(*_STATES)
_COUNTS_AND_REASONS = sa.union_all(*_STATES, _REASONS)
_TAKEN_BY = (
    sa.select(batch.c.provider, _PEOPLE)
    .select_from(delivery)
    .join(batch, IN_BATCH)
    .where(
        delivery.c.issue_id == any_issue(_ISSUE),
        batch.c.provider.is_not(None),
        SHOWN_STATE == DeliveryState.ACCEPTED,
    )
    .group_by(batch.c.provider)
    .order_by(batch.c.provider)
)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """
    An issue's audience by state. The six states always add up to `audience`.
    """

    audience: int
    by_state: dict[DeliveryState, int]
    excluded: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """
        Return the status in the shape of `issue status --json`.
        """
        states = {state.value: self.by_state.get(state, 0) for state in DeliveryState}
        return {"audience": self.audience, **states, "excluded": self.excluded}


def count_deliveries(connection: sa.Connection, issue_id: int) -> Counts:
    """
    Count the deliveries of an issue by state; all zero before the freeze. Who was sent it again
    counts once, with the latest state.
    """
    return _counts(connection.execute(_COUNTS, {"issue": issue_id}))


def count_with_reasons(connection: sa.Connection, issue_id: int) -> tuple[Counts, dict[str, int]]:
    """
    Count the deliveries of an issue by state, and by the reason they were rejected or skipped for,
    in one statement.
    """
    rows = connection.execute(_COUNTS_AND_REASONS, {"issue": issue_id}).all()
    return _counts(rows), {
        delivery_reason(row.more, row.value): row.people for row in rows if row.part == "reasons"
    }


def _counts(rows: Iterable[sa.Row[Any]]) -> Counts:
    people: Counter[DeliveryState] = Counter()
    excluded: dict[str, int] = {}
    for row in rows:
        if row.part == "excluded":
            excluded[row.value] = row.people
        elif row.part == "replaced":
            people[DeliveryState(row.value)] -= row.people
        elif row.part != "reasons":
            people[DeliveryState(row.value)] += row.people
            if row.part == "own":
                people[DeliveryState(row.more)] -= row.people
    by_state = dict(+people)
    return Counts(audience=sum(by_state.values()), by_state=by_state, excluded=excluded)


def taken_by(connection: sa.Connection, issue_id: int) -> dict[str, int]:
    """
    Count the recipients of an issue that each provider accepted, by provider name.
    """
    rows = connection.execute(_TAKEN_BY, {"issue": issue_id})
    return {row.provider: row.people for row in rows}
