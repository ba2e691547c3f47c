"""
What is shown about an issue that failed over, and which provider is asked about which delivery.
"""

from __future__ import annotations

import datetime as dt

import pytest
from alert_texts import texts_of
from installation import Installation
from scripted_provider import ACCEPTED, UNCERTAIN, all_of, each, states, submit_next
from two_providers import FEW, KEY, REFUSED, OnItsWay, installation_with_two_providers, people
from webhook_calls import ReportedIssue, Talks, dispositions, store_webhooks

from newsletter.cli.issues.live_status import describe_failed_over, describe_failover
from newsletter.delivery.trace import trace
from newsletter.issues.drafts import new_issue
from newsletter.issues.status import status_of
from newsletter.model.delivery import Capabilities, HoldReason, Receipt, ReceiptKind
from newsletter.model.event import EventKind
from newsletter.model.issue import AudienceRule
from newsletter.operations.alerts import find_alerts, send_alerts
from newsletter.operations.doctor import run_checks
from newsletter.store.delivery.waits import waits_of
from newsletter.store.events import account_reputation
from newsletter.store.flow_control import canary
from subscribers.validation.address import parse_address

TURNED_DOWN = Receipt(kind=ReceiptKind.REJECTED, reason="no such mailbox")
MINUTE = dt.timedelta(minutes=1)

installation = pytest.fixture(installation_with_two_providers)


def half_by_each(installation: Installation, second: Talks | None = None) -> OnItsWay:
    """
    Send an issue of which the first provider accepts two readers, and the fallback the other two.
    """
    first = Talks([all_of(ACCEPTED), all_of(REFUSED, pause=KEY)], capabilities=FEW)
    sent = OnItsWay(installation, first, second or Talks([all_of(ACCEPTED)] * 9, capabilities=FEW))
    sent.drain()
    return sent


def trace_words(installation: Installation, number: int) -> str:
    address = parse_address(f"reader{number:04d}@example.org")
    with installation.app.database.read() as connection:
        return trace(connection, address, now=installation.now).deliveries[0].words


def test_status_counts_who_went_by_which(installation: Installation) -> None:
    status = status_of(installation.app.publishing, half_by_each(installation).issue_id)
    assert status["taken_by"] == {"first": 2, "second": 2}
    assert (status["provider"], status["fallback_provider"], status["current_provider"]) == (
        "first",
        "second",
        "second",
    )
    assert status["failed_over_at"] == installation.now.isoformat()
    assert status["failover_reason"] == "first: check api_key (HTTP 401)"


def test_status_says_beforehand_when_an_issue_would_go_over(installation: Installation) -> None:
    answers = [all_of(ACCEPTED), all_of(REFUSED), all_of(ACCEPTED)]
    sent = OnItsWay(installation, Talks(answers, capabilities=FEW), Talks([]))
    submit_next(sent.dispatcher)
    assert status_of(installation.app.publishing, sent.issue_id)["failover_at"] is None
    submit_next(sent.dispatcher)
    status = status_of(installation.app.publishing, sent.issue_id)
    assert status["failover_at"] == (installation.now + 15 * MINUTE).isoformat()
    assert describe_failover(status) == (
        "fails over to second at 12:15 UTC unless first accepts email before then"
    )
    assert describe_failed_over(status) is None
    # Nobody was called all night: the next refusal begins the time anew.
    installation.now += dt.timedelta(hours=9)
    assert status_of(installation.app.publishing, sent.issue_id)["failover_at"] is None


def test_no_failover_is_announced_where_all_are_uncertain_with_the_first(
    installation: Installation,
) -> None:
    sent = OnItsWay(installation, Talks([all_of(UNCERTAIN)]), Talks([]), readers=2)
    submit_next(sent.dispatcher)
    status = status_of(installation.app.publishing, sent.issue_id)
    assert (status["uncertain"], status["failover_at"]) == (2, None)


def test_those_who_wait_for_the_same_reason_are_told_as_one(installation: Installation) -> None:
    sent = OnItsWay(installation, Talks([all_of(REFUSED)] * 2, capabilities=FEW), Talks([]))
    sent.drain()
    with installation.app.database.read() as connection:
        waits = waits_of(connection, sent.issue_id)
    assert [(wait.recipients, wait.reason) for wait in waits] == [(4, REFUSED.reason)]
    assert waits[0].until > installation.now


def test_why_names_whoever_it_was_handed_to(installation: Installation) -> None:
    half_by_each(installation, Talks([each(TURNED_DOWN, UNCERTAIN)], capabilities=FEW))
    assert trace_words(installation, 0).startswith("Sent on ")
    assert trace_words(installation, 2).startswith("Not sent: the provider second refused it on ")
    assert trace_words(installation, 3).startswith(
        "Perhaps sent: it was submitted to the provider second on "
    )


def test_an_event_of_the_provider_that_sent_a_mail_is_recorded(installation: Installation) -> None:
    sent = half_by_each(installation)
    reported = ReportedIssue(installation, sent.issue_id, sent.dispatcher)
    store_webhooks(installation, reported.body(0, EventKind.DELIVERED), provider="first")
    store_webhooks(installation, reported.body(3, EventKind.DELIVERED), provider="second")
    assert installation.app.event_processor.process_due() == 2
    assert (dispositions(installation), reported.kinds(0), reported.kinds(3)) == (
        ["matched", "matched"],
        {"delivered"},
        {"delivered"},
    )


def test_a_provider_that_never_had_a_mail_says_nothing_of_it(installation: Installation) -> None:
    sent = half_by_each(installation)
    reported = ReportedIssue(installation, sent.issue_id, sent.dispatcher)
    store_webhooks(installation, reported.body(0, EventKind.DELIVERED), provider="second")
    installation.app.event_processor.process_due()
    assert (dispositions(installation), reported.kinds(0)) == ([None], set())


def test_whom_the_first_names_after_all_is_not_handed_to_the_second(
    installation: Installation,
) -> None:
    second = Talks([all_of(REFUSED), all_of(ACCEPTED)], capabilities=FEW)
    sent = OnItsWay(installation, Talks([all_of(REFUSED, pause=KEY)]), second, readers=2)
    sent.drain()
    reported = ReportedIssue(installation, sent.issue_id, sent.dispatcher)
    store_webhooks(installation, reported.body(0, EventKind.DELIVERED), provider="first")
    installation.app.event_processor.process_due()
    sent.wait(MINUTE)
    assert second.handed[1][1] == ["reader0001@example.org"]
    assert states(installation, sent.issue_id) == {"accepted": 2}


def test_the_operator_is_told_for_two_days(installation: Installation) -> None:
    sent = half_by_each(installation)
    with installation.app.database.read() as connection:
        alerts = find_alerts(connection, now=installation.now)
    assert texts_of(alerts) == [
        (
            "Issue 1 failed over to second on Wednesday, March 4, 2026, 12:00 (UTC)",
            "first stopped accepting email: first: check api_key (HTTP 401). Check the account "
            "there; `newsletter issue status 1` shows how many each provider sent.",
        )
    ]
    assert (sent.issue.state, send_alerts(installation.app.publishing)) == ("submitted", 0)
    installation.now += dt.timedelta(days=3)
    with installation.app.database.read() as connection:
        assert find_alerts(connection, now=installation.now) == []


def test_the_operator_is_alerted_once_by_a_mail_that_has_a_fallback_provider_too(
    installation: Installation,
) -> None:
    site = {"name": "The Institute", "operator": "operator@example.org"}
    found = installation.app.settings.model_copy(
        update={"site": installation.app.settings.site.model_copy(update=site)}
    )
    installation.app.settings = found
    half_by_each(installation)
    del installation.app.publishing
    assert send_alerts(installation.app.publishing) == 1
    first, second = installation.app.providers["first"], installation.app.providers["second"]
    assert isinstance(first, Talks)
    assert isinstance(second, Talks)
    first.answers.append(all_of(REFUSED, pause=KEY))
    dispatcher = installation.app.dispatcher("me")
    while submit_next(dispatcher):
        pass
    assert second.handed[-1][1] == ["operator@example.org"]
    installation.now += dt.timedelta(hours=2)
    assert send_alerts(installation.app.publishing) == 0


def test_bounces_count_against_whoever_carried_them(installation: Installation) -> None:
    many = Capabilities(max_recipients=250, max_bytes=10**9, shares_content=True)
    first = Talks([all_of(ACCEPTED)] * 10 + [all_of(REFUSED, pause=KEY)], capabilities=many)
    second = Talks([all_of(ACCEPTED)] * 20, capabilities=many)
    sent = OnItsWay(installation, first, second, readers=500)
    sent.drain()
    reported = ReportedIssue(installation, sent.issue_id, sent.dispatcher)
    for place in range(495, 500):
        store_webhooks(
            installation, reported.body(place, EventKind.BOUNCED_HARD), provider="second"
        )
    installation.app.event_processor.process_due()
    with installation.app.database.read() as connection:
        assert [
            one.provider for one in account_reputation.warnings(connection, now=installation.now)
        ] == ["second"]


def test_doctor_checks_the_fallback_provider_too(installation: Installation) -> None:
    OnItsWay(installation, Talks([]), Talks([]))
    found = {check.name: check.detail for check in run_checks(installation.app)}
    assert found["provider"] == "first, up to 2 recipients a call"
    assert found["fallback provider"] == (
        "second, up to 2 recipients a call; takes over when the first has accepted nothing for "
        "900 s"
    )


def test_a_domain_new_to_the_second_begins_with_few_there(installation: Installation) -> None:
    twenty = Capabilities(max_recipients=20, max_bytes=10**9)
    first = Talks([all_of(ACCEPTED)] * 3 + [all_of(REFUSED, pause=KEY)], capabilities=twenty)
    sent = OnItsWay(
        installation, first, Talks([all_of(ACCEPTED)] * 50, capabilities=twenty), readers=500
    )
    sent.dispatcher.failover = type(sent.dispatcher.failover)(
        after=dt.timedelta(minutes=15), has_canary=lambda name: True
    )
    sent.drain()
    assert len(people(sent.second)) == 220
    with installation.app.database.read() as connection:
        assert {wait.hold for wait in waits_of(connection, sent.issue_id)} == {HoldReason.CANARY}
        assert canary.is_holding(connection, sent.issue_id)
    sent.housekeeping()
    sent.wait(dt.timedelta(minutes=16))
    assert len(people(sent.second)) == 440
    assert (states(installation, sent.issue_id), len(set(people(sent.second)))) == (
        {"accepted": 500},
        440,
    )


def test_a_schedule_s_own_second_goes_before_the_usual_one(installation: Installation) -> None:
    installation.add_list()
    made = []
    with installation.app.database.write() as connection:
        for named in (None, "second", "none"):
            draft = new_issue(
                installation.app.publishing,
                connection,
                audience=AudienceRule(lists=("daily",)),
                template="digest",
                fallback_provider=named,
            )
            made.append(draft.fallback_provider)
    assert made == ["second", "second", None]
