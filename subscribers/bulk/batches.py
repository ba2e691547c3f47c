"""
Do something with many people, batch by batch, each in a transaction of its own.

Whoever was done with is as they should be, so running it again after a crash does the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import sqlalchemy as sa

from subscribers.database import tables

BATCH_PEOPLE = 500
Begin = Callable[[], AbstractContextManager[sa.Connection]]
"""Opens a transaction that is committed at its end."""
BulkAct = Callable[[sa.Connection, Sequence[int]], Counter[str]]
"""Changes the people of those numbers, and counts what became of them."""

_p = tables.subscriber


def run_in_batches(
    begin: Begin,
    numbers: Sequence[int],
    act: BulkAct,
    *,
    changes: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Counter[str]:
    """
    Do *act* with the people of those numbers, and return the sum of its counts. People who were
    erased are left out; unless the act *changes* nothing, the others cannot be erased until it is
    done. *progress* is called with the number of people done and of all.
    """
    counts: Counter[str] = Counter()
    for start in range(0, len(numbers), BATCH_PEOPLE):
        batch = list(numbers[start : start + BATCH_PEOPLE])
        with begin() as connection:
            counts.update(act(connection, _still_there(connection, batch, locked=changes)))
        if progress:
            progress(start + len(batch), len(numbers))
    return counts


def _still_there(connection: sa.Connection, numbers: Sequence[int], *, locked: bool) -> list[int]:
    """
    Return the numbers of the people who were not erased.
    """
    there = sa.select(_p.c.id).where(_p.c.id.in_(numbers), _p.c.email_key.is_not(None))
    ordered = there.order_by(_p.c.id)
    return list(connection.scalars(ordered.with_for_update() if locked else ordered))
