"""
The week of a provider's mails: a warning comes before anything is paused.
"""

from __future__ import annotations

import datetime as dt

import pytest
from alert_texts import texts_of
from installation import Installation
from scripted_provider import ACCEPTED, all_of, submit_next
from webhook_calls import ReportedIssue, Talks, another, reported_issue

from newsletter.model.delivery import Capabilities
from newsletter.model.event import EventKind
from newsletter.model.reputation import ReputationCounts, accepted_at_warnings, warnings_in
from newsletter.operations.alerts import find_alerts
from newsletter.operations.doctor import run_checks
from newsletter.store.events import account_reputation

DAY = dt.timedelta(days=1)
MANY = Capabilities(max_recipients=300, max_bytes=10**7, shares_content=True)
FIVE_OF_250 = (
    "5 of 250 emails of the last 7 days hard-bounced (2.00 %); "
    "providers start to investigate at 2 %"
)


@pytest.mark.parametrize(
    ("accepted", "bounced", "complained", "warns"),
    [
        (199, 50, 0, []),
        (200, 3, 0, []),
        (200, 4, 0, ["bounced"]),
        (999, 0, 3, []),
        (1000, 0, 2, []),
        (3750, 0, 3, ["complained"]),
        (3751, 0, 3, []),
        (1000, 20, 3, ["bounced", "complained"]),
    ],
)
def test_a_week_is_warned_of_at_2_percent_bounces_and_8_complaints_in_ten_thousand(
    accepted: int, bounced: int, complained: int, warns: list[str]
) -> None:
    week = ReputationCounts(accepted=accepted, bounced=bounced, complained=complained)
    assert list(warnings_in(week)) == warns


def test_nobody_counts_mails_for_a_warning_that_cannot_come() -> None:
    assert accepted_at_warnings(bounced=3, complained=2) == 0
    assert accepted_at_warnings(bounced=4, complained=2) == 200
    assert accepted_at_warnings(bounced=4, complained=3) == 3750


def handed_over(installation: Installation, *, readers: int) -> ReportedIssue:
    provider = Talks([all_of(ACCEPTED)] * 20, capabilities=MANY)
    reported = reported_issue(installation, provider, readers=readers)
    drain(reported)
    return reported


def drain(reported: ReportedIssue) -> None:
    while submit_next(reported.dispatcher):
        pass


def bounce(reported: ReportedIssue, places: range) -> None:
    reported.receive(*(reported.body(place, EventKind.BOUNCED_HARD) for place in places))


def warned(installation: Installation) -> list[str]:
    with installation.app.database.read() as connection:
        return [str(one) for one in account_reputation.warnings(connection, now=installation.now)]


def test_the_operator_and_doctor_are_told_of_a_bad_week(installation: Installation) -> None:
    reported = handed_over(installation, readers=250)
    bounce(reported, range(4))
    assert warned(installation) == []
    bounce(reported, range(4, 5))
    assert warned(installation) == [f"outbox: {FIVE_OF_250}"]
    with installation.app.database.read() as connection:
        alerts = find_alerts(connection, now=installation.now)
    assert [what for what, _ in texts_of(alerts)] == ["Too many bounces through outbox"]
    check = next(one for one in run_checks(installation.app) if one.name == "reputation")
    assert not check.ok
    assert check.detail.startswith(f"outbox: {FIVE_OF_250}: check where")


def test_after_seven_days_a_bad_issue_is_forgotten(installation: Installation) -> None:
    bounce(handed_over(installation, readers=250), range(5))
    installation.now += 7 * DAY
    assert warned(installation) == [f"outbox: {FIVE_OF_250}"]
    installation.now += dt.timedelta(seconds=1)
    assert warned(installation) == []


def test_issues_of_a_week_count_together(installation: Installation) -> None:
    reported = handed_over(installation, readers=250)
    bounce(reported, range(5))
    drain(another(reported))
    assert warned(installation) == []
