"""
Transactions that another process overtakes.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa

from subscribers.import_export.run.overtaken import Overtaken, repeat_if_overtaken


def failed(error: psycopg.Error) -> sa.exc.OperationalError:
    return sa.exc.OperationalError("INSERT", None, error)


@pytest.mark.parametrize(
    "error",
    [
        Overtaken("subscriber"),
        failed(psycopg.errors.DeadlockDetected()),
        failed(psycopg.errors.SerializationFailure()),
    ],
)
def test_what_was_overtaken_is_done_again(error: Exception) -> None:
    tries: Iterator[Exception | None] = iter([error, error, None])

    def act() -> None:
        if (met := next(tries)) is not None:
            raise met

    repeat_if_overtaken(act)
    assert list(tries) == []


@pytest.mark.parametrize(
    ("error", "expected"),
    [(Overtaken("subscriber"), 10), (failed(psycopg.errors.DiskFull()), 1)],
)
def test_what_does_not_help_by_repetition_is_said(error: Exception, expected: int) -> None:
    tries: list[int] = []

    def act() -> None:
        tries.append(1)
        raise error

    with pytest.raises(type(error)):
        repeat_if_overtaken(act)
    assert len(tries) == expected
