"""
The fallback provider of an issue gets what was certainly not sent, and never what is uncertain.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from installation import Installation
from scripted_provider import (
    ACCEPTED,
    LOOKS_UP,
    REPLAYS,
    UNCERTAIN,
    all_of,
    each,
    states,
    submit_next,
)
from two_providers import (
    AFTER,
    FEW,
    FOUR,
    KEY,
    REFUSED,
    OnItsWay,
    down,
    installation_with_two_providers,
    people,
    up,
)
from webhook_calls import Talks

from newsletter import pipeline
from newsletter.delivery.reconciliation.reconcile import reconcile_next
from newsletter.delivery.waves import resume
from newsletter.errors import SettingsError
from newsletter.model.delivery import BatchResult
from newsletter.model.issue import IssueState
from newsletter.model.rate import RateFeedback
from newsletter.store.issues.issues import move_issue
from newsletter.store.tables import issue

MINUTE = dt.timedelta(minutes=1)

installation = pytest.fixture(installation_with_two_providers)


def throttled(rest_s: float) -> BatchResult:
    said = replace(REFUSED, reason="too fast", retry_after_s=rest_s)
    return BatchResult(
        receipts=(said,) * 2, rate=RateFeedback(cooldown_s=rest_s, is_throttled=True)
    )


def test_when_the_first_refuses_connections_the_second_gets_everybody_once(
    installation: Installation,
) -> None:
    sent = OnItsWay(installation, down(), up())
    sent.drain()
    sent.wait(AFTER - MINUTE)
    assert (people(sent.second), sent.issue.failed_over_at) == ([], None)
    sent.wait(MINUTE)
    assert people(sent.second) == FOUR
    assert (states(installation, sent.issue_id), sent.issue.state) == ({"accepted": 4}, "submitted")
    assert sent.issue.failover_reason == "ConnectError: connection refused"


def test_a_first_that_takes_anybody_again_keeps_its_issue(installation: Installation) -> None:
    first = Talks([all_of(REFUSED)] * 2 + [each(ACCEPTED, REFUSED)] + [all_of(REFUSED)] * 40)
    sent = OnItsWay(installation, first, up())
    sent.drain()
    sent.wait(AFTER)
    assert (people(sent.second), states(installation, sent.issue_id)) == (
        [],
        {"accepted": 1, "pending": 3},
    )
    sent.wait(MINUTE)
    assert people(sent.second) == sorted(set(FOUR) - {first.handed[2][1][0]})
    assert states(installation, sent.issue_id) == {"accepted": 4}


def test_recipients_of_a_call_that_timed_out_stay_uncertain_with_the_first(
    installation: Installation,
) -> None:
    first = Talks([all_of(UNCERTAIN)] + [all_of(REFUSED)] * 40, capabilities=FEW)
    sent = OnItsWay(installation, first, up())
    sent.drain()
    sent.wait(AFTER + MINUTE)
    assert people(sent.second) == FOUR[2:]
    assert states(installation, sent.issue_id) == {"accepted": 2, "uncertain": 2}
    reconcile_next(sent.dispatcher)
    sent.wait(dt.timedelta(hours=30), step=dt.timedelta(hours=1))
    assert states(installation, sent.issue_id) == {"accepted": 2, "uncertain": 2}


def test_only_whom_the_first_s_own_look_up_proves_untaken_go_by_the_second(
    installation: Installation,
) -> None:
    answers = [all_of(UNCERTAIN)] + [all_of(REFUSED)] * 40
    first = Talks(answers, capabilities=LOOKS_UP, looked_up=[ACCEPTED, REFUSED])
    second = Talks([all_of(ACCEPTED)] * 9, capabilities=LOOKS_UP, looked_up=[REFUSED, REFUSED])
    sent = OnItsWay(installation, first, second)
    sent.drain()
    sent.wait(AFTER)
    assert reconcile_next(sent.dispatcher) is True
    sent.drain()
    assert people(second) == FOUR[1:]
    assert states(installation, sent.issue_id) == {"accepted": 4}


def test_a_key_is_replayed_to_whom_it_was_first_told(installation: Installation) -> None:
    answers = [all_of(UNCERTAIN), all_of(REFUSED), all_of(ACCEPTED)]
    first = Talks(answers, capabilities=REPLAYS)
    sent = OnItsWay(installation, first, up(REPLAYS))
    submit_next(sent.dispatcher)
    first.answers[0] = all_of(REFUSED)
    with installation.app.database.write() as connection:
        connection.execute(issue.update().values(failed_over_at=installation.now))
    sent.drain()
    installation.now += MINUTE
    assert reconcile_next(sent.dispatcher) is True
    assert states(installation, sent.issue_id) == {"accepted": 2, "uncertain": 2}
    installation.now += MINUTE
    reconcile_next(sent.dispatcher)
    assert states(installation, sent.issue_id) == {"accepted": 4}
    assert [call for call in first.handed if call == first.handed[0]] == first.handed
    assert people(sent.second) == FOUR[2:]


def test_an_account_that_is_refused_loses_the_issue_at_once(installation: Installation) -> None:
    sent = OnItsWay(installation, Talks([all_of(REFUSED, pause=KEY)]), up())
    sent.drain()
    assert (people(sent.first), people(sent.second)) == (FOUR[:2], FOUR)
    assert (sent.issue.state, sent.issue.pause_reason) == (IssueState.SUBMITTED, None)
    assert sent.issue.failover_reason == "first: check api_key (HTTP 401)"


def test_a_refusal_that_comes_late_pauses_nothing(installation: Installation) -> None:
    sent = OnItsWay(installation, Talks([all_of(REFUSED, pause=KEY)] * 2), up())
    one, other = sent.dispatcher.prepare_next(), sent.dispatcher.prepare_next()
    assert one is not None
    assert other is not None
    for begun in (one, other):
        sent.dispatcher.record_result(begun, sent.dispatcher.submit(begun))
    assert sent.issue.state is IssueState.SENDING
    sent.drain()
    assert people(sent.second) == FOUR


def test_an_account_refused_by_the_second_too_pauses_the_issue(installation: Installation) -> None:
    refuses = Talks([all_of(REFUSED, pause="second: settle the account")], capabilities=FEW)
    sent = OnItsWay(installation, Talks([all_of(REFUSED, pause=KEY)]), refuses)
    sent.drain()
    assert (sent.issue.state, sent.issue.pause_reason) == (
        IssueState.PAUSED,
        "second: settle the account",
    )


def test_a_first_whose_key_is_gone_loses_the_issue_at_once(installation: Installation) -> None:
    sent = OnItsWay(installation, down(), up())

    def without_first(name: str) -> Talks:
        if name == "first":
            raise SettingsError("the environment has no KEY")
        return sent.second

    sent.dispatcher.provider_named = without_first
    assert submit_next(sent.dispatcher) is False
    sent.drain()
    assert (people(sent.second), sent.issue.state) == (FOUR, "submitted")


def test_a_first_that_asks_for_an_hour_loses_the_issue_after_its_time(
    installation: Installation,
) -> None:
    first = Talks([lambda count: throttled(3600.0)] * 9, capabilities=FEW)
    sent = OnItsWay(installation, first, up())
    sent.drain()
    sent.housekeeping()
    sent.dispatcher = installation.app.dispatcher("another")
    sent.wait(AFTER - MINUTE, step=5 * MINUTE)
    assert people(sent.second) == []
    installation.now += MINUTE
    sent.housekeeping()
    sent.drain()
    assert (people(sent.second), len(first.handed)) == (FOUR, 1)


def test_a_batch_about_to_be_submitted_waits_no_longer_than_the_issue(
    installation: Installation,
) -> None:
    first = Talks([lambda count: throttled(3600.0)], capabilities=FEW)
    sent = OnItsWay(installation, first, up())
    both = [
        begun for begun in (sent.dispatcher.prepare_next(), sent.dispatcher.prepare_next()) if begun
    ]
    for begun in both:
        sent.dispatcher.record_result(begun, sent.dispatcher.submit(begun))
    installation.now += AFTER
    sent.housekeeping()
    sent.drain()
    assert (len(both), len(first.handed), people(sent.second)) == (2, 1, FOUR)


def test_an_issue_that_never_called_a_provider_in_cooldown_fails_over_too(
    installation: Installation,
) -> None:
    sent = OnItsWay(installation, Talks([lambda count: throttled(3600.0)], capabilities=FEW), up())
    with installation.app.database.write() as connection:
        named = issue.update().where(issue.c.id == sent.issue_id)
        connection.execute(named.values(fallback_provider=None))
    sent.drain()
    other = installation.add_issue("Another")
    pipeline.publish_issue(installation.app.publishing, other)
    sent.housekeeping()
    installation.now += AFTER
    sent.housekeeping()
    sent.drain()
    assert (states(installation, other), states(installation, sent.issue_id)) == (
        {"accepted": 4},
        {"pending": 4},
    )
    assert len(sent.first.handed) == 1


def test_an_issue_with_nobody_else_to_go_to_waits_or_is_paused(installation: Installation) -> None:
    sent = OnItsWay(installation, down(), up())
    with installation.app.database.write() as connection:
        connection.execute(issue.update().values(fallback_provider=None))
    sent.drain()
    sent.wait(2 * AFTER)
    assert (people(sent.second), states(installation, sent.issue_id)) == ([], {"pending": 4})
    sent.first.answers = [all_of(REFUSED, pause=KEY)]
    installation.now += 2 * AFTER
    sent.drain()
    assert (sent.issue.state, sent.issue.pause_reason) == (IssueState.PAUSED, KEY)


def test_a_pause_is_no_time_in_which_the_first_took_nothing(installation: Installation) -> None:
    sent = OnItsWay(installation, down(), up())
    sent.drain()
    with installation.app.database.write() as connection:
        move_issue(connection, sent.issue_id, IssueState.PAUSED)
    installation.now += 4 * AFTER
    with installation.app.database.write() as connection:
        resume(connection, sent.issue_id, reason=None, now=installation.now)
    sent.drain()
    sent.wait(AFTER - MINUTE)
    assert people(sent.second) == []
    sent.wait(MINUTE)
    assert people(sent.second) == FOUR


def test_a_night_is_no_time_in_which_the_first_took_nothing(installation: Installation) -> None:
    sent = OnItsWay(installation, down(), up())
    sent.drain()
    # Quiet hours, a machine that was off, or `stop-all`: nobody was called.
    installation.now += dt.timedelta(hours=9)
    sent.drain()
    sent.wait(AFTER - MINUTE)
    assert people(sent.second) == []
    sent.wait(MINUTE)
    assert people(sent.second) == FOUR
