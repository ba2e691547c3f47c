"""
Transactions that another process overtakes.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from subscribers.errors import ImportBlocked
from subscribers.import_export.run.overtaken import Overtaken, repeat_if_overtaken


def test_what_was_overtaken_is_done_again() -> None:
    tries: Iterator[bool] = iter([True, True, False])

    def act() -> None:
        if next(tries):
            raise Overtaken("subscriber")

    repeat_if_overtaken(act)
    assert list(tries) == []


def test_what_is_overtaken_ten_times_stops_and_can_be_continued() -> None:
    tries: list[int] = []

    def act() -> None:
        tries.append(1)
        raise Overtaken("subscriber")

    with pytest.raises(ImportBlocked, match="continue once"):
        repeat_if_overtaken(act)
    assert len(tries) == 10


def test_any_other_error_is_not_repeated() -> None:
    tries: list[int] = []

    def act() -> None:
        tries.append(1)
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        repeat_if_overtaken(act)
    assert len(tries) == 1
