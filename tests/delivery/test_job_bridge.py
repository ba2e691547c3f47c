"""
The bridge between jobs and the coordinating thread: no job is dropped, none waits for ever.
"""

from __future__ import annotations

import concurrent.futures as cf

import pytest

from newsletter.delivery.queue.job_bridge import Closed, JobBridge
from newsletter.errors import StoreError
from newsletter.model.delivery import BatchResult, Receipt, ReceiptKind

DONE = BatchResult(receipts=(Receipt(kind=ReceiptKind.ACCEPTED),))


def asked_for(*may_go: int, kept: list[str] | None = None) -> JobBridge[str]:
    """
    Make a bridge that starts only the batches *may_go*, and lists settled ones in *kept*.
    """
    return JobBridge(
        claim=lambda number: f"batch {number}" if number in may_go else None,
        settle=lambda begun, result: (kept if kept is not None else []).append(begun),
    )


def test_a_job_is_over_when_its_batch_is_settled() -> None:
    kept: list[str] = []
    asked = asked_for(7, kept=kept)
    over = asked.submit(7)
    begun = asked.prepare_next()
    assert (begun, over.done()) == ("batch 7", False)
    asked.record_result("batch 7" if begun is None else begun, DONE)
    assert (kept, over.result(timeout=0)) == (["batch 7"], None)


def test_a_batch_that_may_not_go_lets_its_job_go_and_the_next_begins() -> None:
    asked = asked_for(2)
    first, second = asked.submit(1), asked.submit(2)
    assert asked.prepare_next() == "batch 2"
    assert (first.done(), second.done()) == (True, False)


def test_a_claim_that_met_a_broken_database_is_made_again() -> None:
    answers = iter([StoreError("the connection broke"), "batch 1"])

    def claim(number: int) -> str:
        answer = next(answers)
        if isinstance(answer, StoreError):
            raise answer
        return answer

    asked = JobBridge(claim=claim, settle=lambda begun, result: None)
    over = asked.submit(1)
    with pytest.raises(StoreError):
        asked.prepare_next()
    assert (over.done(), asked.prepare_next()) == (False, "batch 1")


def test_whoever_waits_or_comes_when_it_closes_is_turned_away() -> None:
    asked = asked_for(1, 2)
    waits = asked.submit(1)
    asked.close()
    comes = asked.submit(2)
    for job in (waits, comes):
        assert isinstance(job.exception(timeout=0), Closed)
    assert asked.prepare_next() is None


def test_a_job_that_was_given_up_meanwhile_breaks_nothing() -> None:
    asked = asked_for(1)
    over: cf.Future[None] = asked.submit(1)
    over.cancel()
    begun = asked.prepare_next()
    assert begun == "batch 1"
    asked.record_result(begun, DONE)
    assert over.cancelled()


def test_who_is_let_go_while_it_stays_open_meets_no_error() -> None:
    asked = asked_for(1, 2)
    waits = asked.submit(1)
    asked.release_waiting()
    comes = asked.submit(2)
    assert (waits.result(timeout=0), comes.done(), asked.prepare_next()) == (None, False, "batch 2")


def test_the_answer_of_a_batch_that_no_job_brought_is_kept() -> None:
    kept: list[str] = []
    asked_for(kept=kept).record_result("batch 5", DONE)
    assert kept == ["batch 5"]
