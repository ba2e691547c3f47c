"""
What the result of a call means, decided without a database.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from random import Random

import pytest

from newsletter.delivery.results import CallRecord, plan_result
from newsletter.model.delivery import (
    BatchResult,
    Capabilities,
    DeliveryState,
    LookUp,
    Receipt,
    ReceiptKind,
)
from newsletter.model.failover import FailoverStatus, Refusal, RefusalPlan, plan_refusal
from newsletter.model.mail import Recipient
from newsletter.model.rate import Backoff, RateFeedback
from newsletter.model.result_plan import BatchStep, DeliveryException, NewBatch, ResultPlan

NOW = dt.datetime(2026, 3, 5, 12, tzinfo=dt.UTC)
RETRY_AT = NOW + dt.timedelta(seconds=30)
MINUTE = dt.timedelta(minutes=1)
ACCEPTED = Receipt(kind=ReceiptKind.ACCEPTED)
REJECTED = Receipt(kind=ReceiptKind.REJECTED, reason="no such mailbox", suppress=True)
RETRY = Receipt(kind=ReceiptKind.RETRY, reason="too fast")
UNCERTAIN = Receipt(kind=ReceiptKind.UNCERTAIN, reason="no reply came")

NEVER_ASKED = Capabilities(max_recipients=100, max_bytes=10**9)
LOOKS_UP = replace(NEVER_ASKED, look_up=LookUp.OWN_ID, look_up_lag=MINUTE)


def call_to(people: int, capabilities: Capabilities = NEVER_ASKED) -> CallRecord:
    return CallRecord(
        recipients=[
            Recipient(delivery_id=n, email=f"reader{n}@example.org", message_id=f"<{n}@x>")
            for n in range(1, people + 1)
        ],
        capabilities=capabilities,
        attempts=1,
        called_at=NOW,
        retry_at=RETRY_AT,
        can_be_asked=capabilities.look_up is not LookUp.NONE,
    )


def plan_for(
    *receipts: Receipt,
    capabilities: Capabilities = NEVER_ASKED,
    confirmed: frozenset[int] = frozenset(),
    refusal: RefusalPlan | None = None,
    split: bool = False,
    rate: RateFeedback | None = None,
) -> ResultPlan:
    return plan_result(
        call_to(len(receipts), capabilities),
        BatchResult(receipts=receipts, split=split, rate=rate),
        confirmed=confirmed,
        refusal=refusal,
        backoff=Backoff(Random(1)),
        now=NOW,
    )


def test_a_batch_that_was_accepted_is_settled_and_touches_no_delivery() -> None:
    plan = plan_for(ACCEPTED, ACCEPTED)
    assert plan.step is BatchStep.SETTLE
    assert (plan.new_batches, plan.exceptions, plan.suppressed) == ((), (), ())


def test_an_id_for_each_recipient_is_kept_unless_it_cannot_be_stored() -> None:
    with_id = replace(ACCEPTED, provider_id="abc-1")
    plan = plan_for(with_id, replace(ACCEPTED, provider_id="a\x00b"))
    assert plan.exceptions == (DeliveryException(delivery_id=1, state=None, provider_id="abc-1"),)


def test_a_rejected_recipient_differs_from_the_batch_and_is_suppressed_where_asked() -> None:
    plan = plan_for(ACCEPTED, REJECTED, replace(REJECTED, suppress=False))
    assert plan.step is BatchStep.SETTLE
    assert [(one.delivery_id, one.state) for one in plan.exceptions] == [
        (2, DeliveryState.REJECTED),
        (3, DeliveryState.REJECTED),
    ]
    assert plan.exceptions[0].reason == "no such mailbox"
    assert plan.suppressed == ("reader2@example.org",)


def test_a_batch_of_which_nothing_was_taken_goes_again_when_the_provider_asked_for() -> None:
    plan = plan_for(RETRY, RETRY)
    assert (plan.step, plan.not_before, plan.reason) == (BatchStep.RETRY, RETRY_AT, "too fast")
    assert plan.counts_as_attempt


def test_throttling_is_no_attempt() -> None:
    plan = plan_for(RETRY, rate=RateFeedback(is_throttled=True))
    assert (plan.step, plan.counts_as_attempt) == (BatchStep.RETRY, False)


def test_a_batch_called_uncertain_in_the_meantime_would_move_everybody_to_a_new_one() -> None:
    assert plan_for(RETRY, RETRY).new_batches == (NewBatch(delivery_ids=(1, 2), reason="too fast"),)


def test_who_was_not_taken_with_others_goes_into_a_new_batch() -> None:
    plan = plan_for(ACCEPTED, RETRY, ACCEPTED, replace(RETRY, reason="full"))
    assert plan.step is BatchStep.SETTLE
    assert plan.new_batches == (NewBatch(delivery_ids=(2, 4), reason="too fast"),)
    assert plan.not_before == RETRY_AT


def test_a_call_refused_as_a_whole_goes_again_in_two_halves() -> None:
    plan = plan_for(RETRY, RETRY, RETRY, split=True)
    assert plan.step is BatchStep.SETTLE
    why = "refused together with others"
    assert plan.new_batches == (
        NewBatch(delivery_ids=(1, 2), reason=why),
        NewBatch(delivery_ids=(3,), reason=why),
    )


def test_after_a_look_up_a_batch_never_goes_again_under_its_own_key() -> None:
    call = replace(call_to(2, LOOKS_UP), goes_again=False)
    result = BatchResult(receipts=(RETRY, RETRY))
    plan = plan_result(call, result, backoff=Backoff(Random(1)), now=NOW)
    assert plan.step is BatchStep.SETTLE
    assert [part.delivery_ids for part in plan.new_batches] == [(1, 2)]


def test_a_call_without_a_response_leaves_the_batch_uncertain() -> None:
    plan = plan_for(UNCERTAIN, UNCERTAIN)
    assert (plan.step, plan.reason) == (BatchStep.UNCERTAIN, "no reply came")
    assert (plan.new_batches, plan.exceptions) == ((), ())


def test_an_uncertain_batch_is_not_looked_up_before_the_provider_can_know() -> None:
    assert plan_for(UNCERTAIN, capabilities=LOOKS_UP).not_before == NOW + MINUTE


def test_a_provider_that_can_be_asked_answers_for_the_rejected_again() -> None:
    plan = plan_for(REJECTED, UNCERTAIN, capabilities=LOOKS_UP)
    assert (plan.step, plan.exceptions, plan.suppressed) == (BatchStep.UNCERTAIN, (), ())


@pytest.mark.parametrize("capabilities", [NEVER_ASKED, LOOKS_UP])
def test_beside_an_accepted_recipient_an_uncertain_one_is_left_to_a_person(
    capabilities: Capabilities,
) -> None:
    plan = plan_for(ACCEPTED, UNCERTAIN, capabilities=capabilities)
    assert plan.step is BatchStep.SETTLE
    assert plan.exceptions == (
        DeliveryException(delivery_id=2, state=DeliveryState.UNCERTAIN, reason="no reply came"),
    )


def test_whom_an_event_has_confirmed_is_never_submitted_again() -> None:
    plan = plan_for(RETRY, RETRY, confirmed=frozenset({1}))
    assert plan.step is BatchStep.SETTLE
    assert [part.delivery_ids for part in plan.new_batches] == [(2,)]
    assert plan.exceptions == ()


def test_a_confirmation_of_everybody_settles_an_uncertain_batch() -> None:
    plan = plan_for(UNCERTAIN, UNCERTAIN, capabilities=LOOKS_UP, confirmed=frozenset({1, 2}))
    assert (plan.step, plan.exceptions) == (BatchStep.SETTLE, ())


def test_a_confirmation_of_some_leaves_all_to_a_provider_that_can_be_asked() -> None:
    plan = plan_for(UNCERTAIN, UNCERTAIN, capabilities=LOOKS_UP, confirmed=frozenset({1}))
    assert plan.step is BatchStep.UNCERTAIN


def test_a_confirmation_of_some_is_believed_where_nobody_can_be_asked() -> None:
    plan = plan_for(UNCERTAIN, UNCERTAIN, confirmed=frozenset({1}))
    assert plan.step is BatchStep.SETTLE
    assert [one.delivery_id for one in plan.exceptions] == [2]


def test_a_rejection_outweighs_an_event() -> None:
    plan = plan_for(REJECTED, UNCERTAIN, confirmed=frozenset({1, 2}))
    assert [(one.delivery_id, one.state) for one in plan.exceptions] == [
        (1, DeliveryState.REJECTED)
    ]


def test_a_batch_waits_for_its_provider_no_longer_than_its_issue_does() -> None:
    due = NOW + dt.timedelta(seconds=10)
    refusal = RefusalPlan(issue_id=1, reason="down", failover_at=due)
    plan = plan_for(RETRY, refusal=refusal)
    assert (plan.not_before, plan.refusal) == (due, refusal)


def test_a_failover_does_not_hasten_the_look_up_of_an_uncertain_batch() -> None:
    refusal = RefusalPlan(issue_id=1, reason="down", failover_at=NOW)
    plan = plan_for(UNCERTAIN, capabilities=LOOKS_UP, refusal=refusal)
    assert plan.not_before == NOW + MINUTE


def test_a_call_without_recipients_settles_its_batch() -> None:
    plan = plan_for()
    assert (plan.step, plan.new_batches, plan.exceptions) == (BatchStep.SETTLE, (), ())


STATUS = FailoverStatus(issue_id=7, first="near", fallback="far", refused_since=NOW - 4 * MINUTE)
REFUSED = Refusal(issue_id=7, reason="the key is refused", status=None)


def refusal_plan(refusal: Refusal) -> RefusalPlan:
    return plan_refusal(refusal, after=5 * MINUTE, now=NOW)


def test_a_refused_account_without_a_fallback_pauses_its_issue() -> None:
    plan = refusal_plan(replace(REFUSED, is_account_problem=True))
    assert (plan.is_paused, plan.fails_over_to, plan.failover_at) == (True, None, None)
    assert plan.reason == "the key is refused"


def test_a_refused_account_never_pauses_a_notice() -> None:
    assert not refusal_plan(replace(REFUSED, is_account_problem=True, is_notice=True)).is_paused


def test_a_refused_account_with_a_fallback_fails_over_at_once() -> None:
    plan = refusal_plan(replace(REFUSED, status=STATUS, is_account_problem=True, has_canary=True))
    assert (plan.fails_over_to, plan.is_paused, plan.has_canary) == ("far", False, True)
    assert plan.failover_at == NOW - 4 * MINUTE


def test_a_refused_call_waits_until_the_failover_is_due() -> None:
    plan = refusal_plan(replace(REFUSED, status=STATUS))
    assert (plan.fails_over_to, plan.failover_at) == (None, NOW + MINUTE)


def test_a_refused_call_fails_over_once_the_first_has_accepted_nothing_for_long() -> None:
    status = replace(STATUS, refused_since=NOW - 5 * MINUTE)
    assert refusal_plan(replace(REFUSED, status=status)).fails_over_to == "far"


def test_a_refused_call_without_a_fallback_changes_nothing_for_its_issue() -> None:
    plan = refusal_plan(REFUSED)
    assert (plan.failover_at, plan.fails_over_to, plan.is_paused) == (None, None, False)


def test_an_issue_fails_over_once() -> None:
    status = replace(STATUS, failed_over_at=NOW - MINUTE)
    plan = refusal_plan(replace(REFUSED, status=status, is_account_problem=True))
    assert (plan.fails_over_to, plan.failover_at) == (None, NOW - MINUTE)
