"""
Join several transactions of one thread into one, which begins with the first write.

`Database.unit()` opens a unit of work. All that is written in it is committed at its end, or
nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import sqlalchemy as sa

Step = Callable[[sa.Connection], object]
_UNIT = "unit_of_work"


def before_commit(connection: sa.Connection, step: Step) -> None:
    """
    Call *step* at the very end of the unit of work that *connection* belongs to, ahead of the
    commit; at once if it belongs to none. So a row that all units lock is locked last, and only for
    a moment: no unit waits for another while it holds that row.
    """
    unit = connection.get_execution_options().get(_UNIT)
    if unit is None:
        step(connection)
    else:
        unit.at_end.append(step)


class UnitOfWork:
    """
    One transaction that several calls share. `open_connection` opens a connection with a
    transaction, which ends with the context manager.
    """

    def __init__(self, open_connection: Callable[[ExitStack], sa.Connection]) -> None:
        self._open = open_connection
        self._closing = ExitStack()
        self._before_write: list[Step] = []
        self.at_end: list[Step] = []
        self.connection: sa.Connection | None = None
        self.writes = 0
        self._has_failed = False

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """
        Open a savepoint in the transaction, and begin the transaction if it is the first.
        """
        if self.connection is None:
            self.connection = self._open(self._closing).execution_options(**{_UNIT: self})
        while self._before_write:
            self._before_write.pop(0)(self.connection)
        self.writes += 1
        with self.connection.begin_nested():
            yield self.connection

    @contextmanager
    def part(self, before: Step | None, after: Step | None) -> Iterator[UnitOfWork]:
        """
        Run a part of the unit. *before* is called ahead of its first write, *after* at its end if
        it wrote; neither is called if it does not write.
        """
        if before is not None:
            self._before_write.append(before)
        writes = self.writes
        try:
            yield self
            if after is not None and self.writes > writes and self.connection is not None:
                after(self.connection)
        except BaseException:
            self._has_failed = True
            raise
        finally:
            if before in self._before_write:
                self._before_write.remove(before)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """
        Commit at the end, or roll back on an exception or if a part failed.
        """
        with self._closing:
            yield
            if self._has_failed and self.connection is not None:
                # The caller went on after a part of the unit had failed.
                raise RuntimeError("a part of this unit of work failed: nothing is committed")
            for step in self.at_end:
                assert self.connection is not None
                step(self.connection)


class FirstWrites(threading.local):
    """
    The steps of this thread that are to run in its next transaction.
    """

    def __init__(self) -> None:
        self._steps: list[Step] = []

    def run(self, connection: sa.Connection) -> None:
        """
        Run the steps that wait, in a transaction that is about to be committed.
        """
        while self._steps:
            self._steps.pop(0)(connection)

    def waits(self, step: Step) -> bool:
        """
        Return True if *step* has not been run yet.
        """
        return step in self._steps

    @contextmanager
    def waiting(self, step: Step) -> Iterator[None]:
        """
        Let *step* wait, at most until the end.
        """
        self._steps.append(step)
        try:
            yield
        finally:
            if step in self._steps:
                self._steps.remove(step)
