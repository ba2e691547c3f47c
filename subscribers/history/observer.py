"""
Let the program that uses this package see what is recorded in the history, in the same transaction.

The observer is an option of the database's engine; a database without one is not observed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from subscribers.history.model import HistoryRecord, Origin

_OPTION = "history_observer"

# Called with the connection, what was recorded, who did it, and when.
HistoryObserver = Callable[[sa.Connection, Sequence[HistoryRecord], Origin, dt.datetime], None]


def observe_history(engine: sa.Engine, observer: HistoryObserver) -> None:
    """
    Call *observer* for whatever is recorded in the transactions of *engine* from now on.
    """
    engine.update_execution_options(**{_OPTION: observer})


def show_observer(
    connection: sa.Connection, records: Sequence[HistoryRecord], *, by: Origin, at: dt.datetime
) -> None:
    """
    Call the observer of the connection's database, if it has one.
    """
    observer: HistoryObserver | None = connection.get_execution_options().get(_OPTION)
    if observer is not None and records:
        observer(connection, records, by, at)
