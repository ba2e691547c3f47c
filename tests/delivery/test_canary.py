"""
From a new sending domain 200 readers get the issue first, so that their bounces can spare the
others.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from installation import Installation
from scripted_provider import ACCEPTED, UNCERTAIN, all_of, states, submit_next
from webhook_calls import ReportedIssue, Talks, store_webhooks

from newsletter import pipeline
from newsletter.delivery.dispatch import Dispatcher
from newsletter.delivery.waves import resume
from newsletter.errors import Refused
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.delivery import Capabilities, HoldReason
from newsletter.model.event import EventKind
from newsletter.model.issue import IssueState
from newsletter.model.reputation import ReputationCounts, pause_reason
from newsletter.model.timing import Timing
from newsletter.scheduling.quiet_hours import parse_quiet
from newsletter.store.delivery.finish import submit_finished_issues
from newsletter.store.delivery.waits import waits_of
from newsletter.store.events import issue_reputation
from newsletter.store.flow_control import canary
from newsletter.store.issues import issues
from newsletter.store.tables import delivery, issue
from subscribers.database.tables import subscriber

MINUTE = dt.timedelta(minutes=1)
# It can be asked nothing, so that 25 go in a call.
MANY = Capabilities(max_recipients=150, max_bytes=10**7, shares_content=True)
SITE = {
    "name": "The Institute",
    "base_url": "https://news.example.org",
    "postal_address": "12 Quay Street, Harbourtown",
}
REAL = {"real": {"kind": "resend", "api_key": "env:NONE"}}


@pytest.fixture
def installation(
    tmp_path: Path, database_url: str, warm_sandbox: Sandbox, now: dt.datetime
) -> Iterator[Installation]:
    """
    An installation whose provider counts as one that reaches people.
    """
    defaults = {"site": SITE, "provider": REAL, "delivery": {"provider": "real"}}
    installation = Installation(tmp_path, database_url, now=now, sandbox=warm_sandbox, **defaults)
    installation.app.providers["real"] = Talks([all_of(ACCEPTED)] * 99, capabilities=MANY)
    yield installation
    installation.close()


def published(installation: Installation, title: str = "The Quiet Harbour") -> int:
    issue_id = installation.add_issue(title)
    pipeline.publish_issue(installation.app.publishing, issue_id, override_reason="a test")
    return issue_id


def first_issue(installation: Installation, *, readers: int = 500) -> tuple[int, Dispatcher]:
    installation.add_list()
    installation.add_readers(readers)
    return published(installation), installation.app.dispatcher("me")


def drain(dispatcher: Dispatcher) -> None:
    while submit_next(dispatcher):
        pass


def extend_hold(installation: Installation) -> None:
    with installation.app.database.write() as connection:
        canary.extend_hold(connection, now=installation.now)


def go_on(installation: Installation, issue_id: int, reason: str | None = None) -> None:
    with installation.app.database.write() as connection:
        resume(connection, issue_id, reason=reason, now=installation.now)


def waits(installation: Installation, issue_id: int) -> list[tuple[dt.timedelta, str, int]]:
    """
    Return for how long from now, why and how many wait.
    """
    with installation.app.database.read() as connection:
        found = waits_of(connection, issue_id)
    return [(one.until - installation.now, one.hold or one.reason, one.recipients) for one in found]


def test_the_first_200_go_alone_and_the_rest_a_quarter_of_an_hour_later(
    installation: Installation,
) -> None:
    issue_id, dispatcher = first_issue(installation)
    drain(dispatcher)
    assert states(installation, issue_id) == {"accepted": 200, "pending": 300}
    assert waits(installation, issue_id) == [(15 * MINUTE, HoldReason.CANARY, 300)]
    extend_hold(installation)
    installation.now += 14 * MINUTE
    extend_hold(installation)
    drain(dispatcher)
    assert states(installation, issue_id) == {"accepted": 200, "pending": 300}
    installation.now += MINUTE
    extend_hold(installation)
    drain(dispatcher)
    assert (states(installation, issue_id), installation.state(issue_id)) == (
        {"accepted": 500},
        IssueState.SUBMITTED,
    )


def test_the_wait_begins_when_the_last_of_the_canary_was_submitted(
    installation: Installation,
) -> None:
    issue_id, dispatcher = first_issue(installation)
    submit_next(dispatcher)
    installation.now += 60 * MINUTE
    extend_hold(installation)
    assert waits(installation, issue_id) == [(15 * MINUTE, HoldReason.CANARY, 300)]
    installation.now += MINUTE / 2
    drain(dispatcher)
    installation.now += MINUTE
    extend_hold(installation)
    assert waits(installation, issue_id) == [(14 * MINUTE, HoldReason.CANARY, 300)]


def test_uncertain_recipients_count_as_submitted(installation: Installation) -> None:
    installation.app.providers["real"] = Talks(
        [*[all_of(ACCEPTED)] * 7, all_of(UNCERTAIN), *[all_of(ACCEPTED)] * 12], capabilities=MANY
    )
    issue_id, dispatcher = first_issue(installation)
    drain(dispatcher)
    extend_hold(installation)
    installation.now += 15 * MINUTE
    extend_hold(installation)
    drain(dispatcher)
    assert states(installation, issue_id) == {"accepted": 475, "uncertain": 25}


def test_a_domain_that_sent_before_goes_at_once(installation: Installation) -> None:
    _, dispatcher = first_issue(installation, readers=2)
    drain(dispatcher)
    with installation.app.database.write() as connection:
        submit_finished_issues(connection, now=installation.now)
    installation.subscribe([f"other{number:04d}@example.org" for number in range(300)], "daily")
    second = published(installation, "Another")
    assert waits(installation, second) == []
    with installation.app.database.read() as connection:
        known = [
            canary.is_new_domain(connection, provider=provider, address=address)
            for provider, address in [
                ("real", "other@EXAMPLE.org"),
                ("real", "desk@news.example.org"),
                ("real", "desk@xexample.org"),
                ("second", "desk@example.org"),
            ]
        ]
    assert known == [False, True, True, True]


def test_bounces_of_the_first_pause_the_issue_and_spare_the_rest(
    installation: Installation,
) -> None:
    issue_id, dispatcher = first_issue(installation)
    installation.unsubscribe("reader0199@example.org")
    drain(dispatcher)
    reported = ReportedIssue(installation, issue_id, dispatcher)
    bodies = [reported.body(place, EventKind.BOUNCED_HARD) for place in range(10)]
    store_webhooks(installation, *bodies, provider="real")
    installation.app.event_processor.process_due()
    with installation.app.database.write() as connection:
        paused = issue_reputation.pause_harmful_issues(connection, now=installation.now)
    assert [number for number, _ in paused] == [issue_id]
    installation.now += 60 * MINUTE
    drain(dispatcher)
    assert states(installation, issue_id) == {"accepted": 199, "pending": 300, "skipped": 1}
    go_on(installation, issue_id, "an old import, cleaned")
    drain(dispatcher)
    assert states(installation, issue_id) == {"accepted": 499, "skipped": 1}


def test_half_of_the_first_are_enough_to_judge_by() -> None:
    few = {"accepted": 199, "bounced": 10, "complained": 0}
    assert pause_reason(ReputationCounts(**few)) is None
    assert pause_reason(ReputationCounts(**few, is_canary=True)) is not None
    assert (
        pause_reason(ReputationCounts(accepted=99, bounced=10, complained=0, is_canary=True))
        is None
    )


def test_a_person_ends_the_wait(installation: Installation) -> None:
    issue_id, dispatcher = first_issue(installation)
    drain(dispatcher)
    go_on(installation, issue_id)
    drain(dispatcher)
    assert states(installation, issue_id) == {"accepted": 500}


def test_without_a_wait_an_issue_on_its_way_is_not_resumed(installation: Installation) -> None:
    issue_id, _ = first_issue(installation, readers=200)
    with pytest.raises(Refused, match="is not paused: it is being sent"):
        go_on(installation, issue_id)


def test_an_issue_paused_before_the_first_went_waits_for_them_when_it_goes_on(
    installation: Installation,
) -> None:
    issue_id, dispatcher = first_issue(installation)
    with installation.app.database.write() as connection:
        issues.move_issue(connection, issue_id, IssueState.PAUSED, pause_reason="by staff")
    installation.now += 60 * MINUTE
    go_on(installation, issue_id)
    drain(dispatcher)
    assert states(installation, issue_id) == {"accepted": 200, "pending": 300}


def test_who_ends_the_wait_wakes_nobody_in_quiet_hours(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(300)
    issue_id = installation.add_issue()
    timing = Timing(timezone="America/New_York", quiet=(parse_quiet("08:00-12:00"),))
    with installation.app.database.write() as connection:
        of_it = sa.update(issue).where(issue.c.id == issue_id)
        connection.execute(of_it.values(timing=timing.as_json()))
    # Half past eleven in New York.
    installation.now = dt.datetime(2026, 3, 4, 16, 30, tzinfo=dt.UTC)
    pipeline.publish_issue(installation.app.publishing, issue_id, override_reason="a test")
    go_on(installation, issue_id)
    assert waits(installation, issue_id) == [(30 * MINUTE, HoldReason.TIME_OF_DAY, 300)]


def test_the_first_are_of_those_whose_time_comes_first(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(300)
    tokyo = subscriber.update().where(subscriber.c.id <= 50)
    with installation.app.database.write() as connection:
        connection.execute(tokyo.values(timezone="Asia/Tokyo"))
    issue_id = installation.add_issue()
    timing = Timing(timezone="America/New_York", wall="2026-03-05T06:00")
    with installation.app.database.write() as connection:
        of_it = sa.update(issue).where(issue.c.id == issue_id)
        connection.execute(of_it.values(timing=timing.as_json()))
    installation.now = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
    pipeline.publish_issue(installation.app.publishing, issue_id, override_reason="a test")
    hour = 60 * MINUTE
    assert sorted(waits(installation, issue_id)) == [
        (9 * hour, HoldReason.TIME_OF_DAY, 50),
        (23 * hour, HoldReason.CANARY, 100),
        (23 * hour, HoldReason.TIME_OF_DAY, 150),
    ]
    with installation.app.database.read() as connection:
        numbers = sa.select(sa.func.count(delivery.c.batch_no.distinct()))
        assert connection.execute(numbers).scalar_one() == 2 + 6 + 4


@pytest.mark.parametrize("given", [{"provider": "real", "canary": False}, {"provider": "outbox"}])
def test_nobody_waits_where_it_is_switched_off_or_mail_stays_here(
    tmp_path: Path,
    database_url: str,
    warm_sandbox: Sandbox,
    now: dt.datetime,
    given: dict[str, object],
) -> None:
    (tmp_path / "other").mkdir()
    other = Installation(
        tmp_path / "other",
        database_url,
        now=now,
        sandbox=warm_sandbox,
        site=SITE,
        provider=REAL,
        delivery=given,
    )
    other.app.providers["real"] = Talks([], capabilities=MANY)
    issue_id, _ = first_issue(other, readers=300)
    assert waits(other, issue_id) == []
    other.close()
