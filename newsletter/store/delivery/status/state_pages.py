"""
Find the deliveries of an issue that are in one state, page by page. Those with a state of their own
and those with the state of their batch are found apart: databases would look at every delivery of
the issue for the few in a rare state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.model.delivery import DeliveryState
from newsletter.store.delivery.status.shown import BATCH_STATE, select_replaced
from newsletter.store.tables import batch, delivery

_PLACE = (delivery.c.batch_no, delivery.c.id)
# Of batches from before their size was written.
_ONE = 1


@dataclass(frozen=True, kw_only=True)
class DeliveryPlace:
    """
    A delivery and its batch, behind which a page begins. The default is before all.
    """

    batch_no: int = 0
    delivery_id: int = 0

    @property
    def is_behind(self) -> sa.ColumnElement[bool]:
        """
        Return the condition that a delivery comes behind it, batch by batch.
        """
        # An index has the batches; that of the pair alone would not be looked up in it.
        is_later = (delivery.c.batch_no > self.batch_no) | (delivery.c.id > self.delivery_id)
        return (delivery.c.batch_no >= self.batch_no) & is_later


def place_of(connection: sa.Connection, delivery_id: int) -> DeliveryPlace:
    """
    Return the place of a delivery; of 0, and of one that does not exist, the one before all.
    """
    query = sa.select(delivery.c.batch_no).where(delivery.c.id == delivery_id)
    number = connection.scalar(query) if delivery_id else None
    return (
        DeliveryPlace()
        if number is None
        else DeliveryPlace(batch_no=number, delivery_id=delivery_id)
    )


def page_in_state(
    connection: sa.Connection,
    issue_id: int,
    state: DeliveryState,
    *,
    behind: DeliveryPlace,
    most: int,
) -> list[int]:
    """
    Return the numbers of at most *most* deliveries in the state, batch by batch, *behind* a place.
    """
    shown = (delivery.c.id.not_in(select_replaced(issue_id)), behind.is_behind)
    found = [*_with_own_state(connection, issue_id, state, shown, most)]
    for batches in _batches_in(connection, issue_id, state, behind, most):
        of_them = (delivery.c.issue_id == issue_id, delivery.c.batch_no.in_(batches))
        query = _select(delivery.c.state.is_(None), *of_them, *shown, most=most)
        shared = connection.execute(query).all()
        found += [(row.batch_no, row.id) for row in shared]
        if len(shared) == most:
            break
    return [number for _, number in sorted(found)[:most]]


def _with_own_state(
    connection: sa.Connection,
    issue_id: int,
    state: DeliveryState,
    shown: Sequence[sa.ColumnElement[bool]],
    most: int,
) -> Iterator[tuple[int, int]]:
    own = delivery.alias("own")
    numbers = sa.select(own.c.id).where(own.c.issue_id == issue_id, own.c.state.is_not(None))
    is_in_it = (delivery.c.id.in_(numbers), delivery.c.state == state)
    for row in connection.execute(_select(*is_in_it, *shown, most=most)):
        yield row.batch_no, row.id


def _batches_in(
    connection: sa.Connection, issue_id: int, state: DeliveryState, behind: DeliveryPlace, most: int
) -> Iterator[list[int]]:
    """
    Yield the numbers of the batches in the state, in order from that of *behind* on, as many at
    once as fill a page twice.
    """
    rows = connection.execute(
        sa.select(batch.c.no, sa.func.coalesce(batch.c.size, _ONE).label("size"))
        .where(
            batch.c.issue_id == issue_id, batch.c.no >= behind.batch_no, BATCH_STATE.in_([state])
        )
        .order_by(batch.c.no)
    )
    numbers: list[int] = []
    people = 0
    for row in rows.all():
        numbers.append(row.no)
        people += row.size
        if people >= 2 * most:
            yield numbers
            numbers, people = [], 0
    if numbers:
        yield numbers


def _select(*conditions: sa.ColumnElement[bool], most: int) -> sa.Select[tuple[int, int]]:
    # Because of the sum, PostgreSQL does not walk through all deliveries by their numbers.
    in_order = (delivery.c.batch_no, delivery.c.id + 0)
    return sa.select(*_PLACE).where(*conditions).order_by(*in_order).limit(most)
