"""
A provider whose calls have uncertain outcomes gets one call at a time, so that few stay uncertain.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from installation import Installation
from scripted_provider import (
    ACCEPTED,
    NEITHER,
    UNCERTAIN,
    WAIT,
    Scripted,
    all_of,
    sending,
    states,
    submit_next,
)
from two_providers import AFTER, FEW, OnItsWay, installation_with_two_providers, people, up
from webhook_calls import Talks

from newsletter import pipeline
from newsletter.delivery.dispatch import Dispatcher, Submission
from newsletter.delivery.flow_control.circuit_breaker import probe_delay

SECOND = dt.timedelta(seconds=1)


def begun_at_once(dispatcher: Dispatcher, connections: int) -> list[Submission]:
    """
    Return the submissions that this many threads get now.
    """
    return [
        begun
        for begun in (dispatcher.prepare_next() for _ in range(connections))
        if begun is not None
    ]


def test_after_a_call_of_uncertain_outcome_one_goes_at_a_time_until_one_is_accepted(
    installation: Installation,
) -> None:
    answers = [*[all_of(UNCERTAIN)] * 4, *[all_of(ACCEPTED)] * 6]
    issue_id, dispatcher = sending(installation, Scripted(answers), readers=20)
    first = begun_at_once(dispatcher, 4)
    assert len(first) == 4
    for begun in first:
        dispatcher.record_result(begun, dispatcher.submit(begun))
    (probe,) = begun_at_once(dispatcher, 4)
    dispatcher.record_result(probe, dispatcher.submit(probe))
    assert len(begun_at_once(dispatcher, 4)) == 4
    assert states(installation, issue_id) == {"accepted": 2, "uncertain": 8, "pending": 10}


def test_no_call_starts_while_calls_from_before_the_breaker_opened_are_running(
    installation: Installation,
) -> None:
    answers = [all_of(UNCERTAIN), all_of(ACCEPTED)]
    _, dispatcher = sending(installation, Scripted(answers), readers=8)
    one, other = begun_at_once(dispatcher, 2)
    dispatcher.record_result(one, dispatcher.submit(one))
    assert begun_at_once(dispatcher, 2) == []
    dispatcher.record_result(other, dispatcher.submit(other))
    assert len(begun_at_once(dispatcher, 2)) == 2


def test_a_provider_that_is_down_for_an_hour_leaves_few_uncertain(
    installation: Installation,
) -> None:
    provider = Scripted([all_of(UNCERTAIN)] * 400)
    issue_id, dispatcher = sending(installation, provider, readers=200)
    ends = installation.now + dt.timedelta(hours=1)
    while installation.now < ends:
        submit_next(dispatcher)
        installation.now += SECOND * 5
    assert states(installation, issue_id)["uncertain"] <= 2 * 40
    assert states(installation, issue_id)["pending"] >= 120


def test_the_rest_after_a_failed_probe_is_doubled_up_to_two_minutes() -> None:
    rests = [probe_delay(failed).total_seconds() for failed in (1, 2, 3, 4, 7, 8, 900)]
    assert rests == [0, 5, 10, 20, 120, 120, 120]


def test_a_call_that_was_certainly_not_taken_neither_opens_nor_closes_the_breaker(
    installation: Installation,
) -> None:
    not_now = replace(WAIT, retry_after_s=None)
    answers = [all_of(not_now), all_of(not_now), all_of(UNCERTAIN), all_of(not_now)]
    _, dispatcher = sending(installation, Scripted(answers), readers=20)
    for begun in begun_at_once(dispatcher, 2):
        dispatcher.record_result(begun, dispatcher.submit(begun))
    for _ in range(2):
        (begun,) = begun_at_once(dispatcher, 1)
        dispatcher.record_result(begun, dispatcher.submit(begun))
    assert len(begun_at_once(dispatcher, 3)) == 1


def test_a_clock_that_was_set_back_keeps_nobody_waiting(installation: Installation) -> None:
    _, dispatcher = sending(installation, Scripted([all_of(UNCERTAIN)] * 9), readers=20)
    while submit_next(dispatcher):
        pass
    installation.now -= dt.timedelta(hours=2)
    assert submit_next(dispatcher) is True


def test_who_goes_by_another_provider_waits_for_no_probe(installation: Installation) -> None:
    _, dispatcher = sending(installation, Scripted([all_of(UNCERTAIN)] * 9), readers=20)
    while submit_next(dispatcher):
        pass
    installation.app.settings = installation.app.settings.model_copy(
        update={"provider": {"second": installation.app.settings.provider_named("outbox")}}
    )
    installation.app.providers["second"] = Scripted([all_of(ACCEPTED)] * 10, name="second")
    other = installation.add_issue("Another", provider="second")
    pipeline.publish_issue(installation.app.publishing, other)
    while submit_next(dispatcher):
        pass
    assert (dispatcher.is_throttled, states(installation, other)) == (True, {"accepted": 20})


two = pytest.fixture(installation_with_two_providers)


def test_the_fallback_provider_gets_nearly_all_when_the_first_answers_no_call_plainly(
    two: Installation,
) -> None:
    fails = Talks([all_of(UNCERTAIN)] * 400, capabilities=replace(NEITHER, max_recipients=2))
    sent = OnItsWay(two, fails, up(FEW), readers=60)
    sent.wait(AFTER + dt.timedelta(minutes=2), step=SECOND * 5)
    assert len(people(sent.first)) <= 30
    assert len(people(sent.second)) == 60 - len(people(sent.first))


def test_that_a_provider_is_probed_is_said_once_and_its_end_too(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    answers = [*[all_of(UNCERTAIN)] * 2, *[all_of(ACCEPTED)] * 2]
    _, dispatcher = sending(installation, Scripted(answers), readers=8)
    caplog.set_level("INFO", "newsletter.delivery.flow_control.circuit_breaker")
    while submit_next(dispatcher):
        pass
    lines = [
        one.getMessage()
        for one in caplog.records
        if one.name == "newsletter.delivery.flow_control.circuit_breaker"
    ]
    assert lines == [
        "a call to outbox has an uncertain outcome: one call at a time from now on",
        "outbox accepts email again: calls run in parallel again",
    ]
