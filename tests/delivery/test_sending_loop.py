"""
The sending threads: the results of calls in flight are recorded, whatever else fails.
"""

from __future__ import annotations

import time

import pytest

from newsletter.delivery.queue.sending_loop import SendingLoop
from newsletter.errors import StoreError
from newsletter.model.delivery import BatchResult, Receipt, ReceiptKind

DONE = BatchResult(receipts=(Receipt(kind=ReceiptKind.ACCEPTED),))


def slowly(number: int) -> BatchResult:
    time.sleep(0.05)
    return DONE


def test_answers_of_calls_in_flight_are_kept_when_the_next_claim_breaks() -> None:
    kept: list[int] = []
    coming = iter([1, 2])

    def begin() -> int:
        for number in coming:
            return number
        raise RuntimeError("a bug")

    loop = SendingLoop(
        prepare=begin,
        submit=slowly,
        record=lambda number, result: kept.append(number),
        housekeeping=lambda: None,
        count=3,
    )
    with pytest.raises(RuntimeError, match="a bug"):
        loop.run(is_stopping=lambda: False, is_done=lambda: False)
    assert sorted(kept) == [1, 2]


def test_one_answer_that_cannot_be_kept_does_not_cost_the_others() -> None:
    kept: list[int] = []
    coming = iter([1, 2, 3])

    def finish(number: int, result: BatchResult) -> None:
        if number == 1:
            raise RuntimeError("a bug")
        kept.append(number)

    loop = SendingLoop(
        prepare=lambda: next(coming, None),
        submit=slowly,
        record=finish,
        housekeeping=lambda: None,
        count=3,
    )
    with pytest.raises(RuntimeError, match="a bug"):
        loop.run(is_stopping=lambda: False, is_done=lambda: False)
    assert sorted(kept) == [2, 3]


def test_two_threads_that_crash_do_not_cost_the_result_of_the_third() -> None:
    kept: list[int] = []
    coming = iter([1, 2, 3])

    def submit(number: int) -> BatchResult:
        if number < 3:
            time.sleep(0.2 * (number - 1))
            raise RuntimeError("a bug")
        return slowly(number)

    loop = SendingLoop(
        prepare=lambda: next(coming, None),
        submit=submit,
        record=lambda number, result: kept.append(number),
        housekeeping=lambda: None,
        count=3,
    )
    with pytest.raises(RuntimeError, match="a bug"):
        loop.run(is_stopping=lambda: False, is_done=lambda: False)
    assert kept == [3]


def test_housekeeping_that_fails_is_said_once_while_there_is_nothing_to_begin(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tries: list[str] = []

    def housekeeping() -> None:
        tries.append("again")
        raise StoreError("the connection broke")

    loop: SendingLoop[int] = SendingLoop(
        prepare=lambda: None,
        submit=slowly,
        record=lambda number, result: None,
        housekeeping=housekeeping,
        count=1,
    )
    caplog.set_level("INFO", "newsletter")
    loop.run(is_stopping=lambda: False, is_done=lambda: len(tries) == 2)
    assert [record.getMessage() for record in caplog.records] == [
        "database error: nothing is sent: the connection broke"
    ]


def test_a_database_that_is_away_is_said_once_and_then_the_work_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    coming = iter([StoreError("60 MB are free"), StoreError("0 MB are free"), None])
    kept: list[int] = []

    def begin() -> int | None:
        error = next(coming, None)
        if error is not None:
            raise error
        return 1 if not kept else None

    loop = SendingLoop(
        prepare=begin,
        submit=slowly,
        record=lambda number, result: kept.append(number),
        housekeeping=lambda: None,
        count=1,
    )
    caplog.set_level("INFO", "newsletter")
    loop.run(is_stopping=lambda: False, is_done=lambda: len(caplog.records) == 2)
    assert kept == [1]
    assert [record.getMessage() for record in caplog.records] == [
        "database error: nothing is sent: 60 MB are free",
        "the database works again",
    ]
