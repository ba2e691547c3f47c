"""
Every issue is checked before it is sent: errors block it, warnings need a reason where mail
reaches people, and what was found is stored with it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from alert_texts import texts_of
from drafts import DEADLINE, SLOT, drafted, prepared, put_brief, tick_at, why
from installation import Installation

from newsletter import pipeline
from newsletter.actions.issues.issues import duplicate
from newsletter.errors import Refused
from newsletter.isolation.sandbox import Sandbox
from newsletter.issues.preflight import check_issue, run_preflight
from newsletter.issues.release import schedule_release
from newsletter.issues.rendering import render_issue
from newsletter.model.access import OPERATOR
from newsletter.model.check import Level
from newsletter.model.issue import IssueState
from newsletter.model.schedule import Approval
from newsletter.operations.alerts import find_alerts
from newsletter.providers.outbox.provider import OutboxProvider
from newsletter.store.content.briefs import hold_brief
from newsletter.store.issues import issues
from newsletter.store.issues.preflight import StoredCheck, load_check

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
REAL = {"real": {"kind": "resend", "api_key": "env:NONE"}}
SITE = {
    "name": "The Institute",
    "base_url": "https://news.example.org",
    "postal_address": "12 Quay Street, Harbourtown",
}
AUTO = {"approval": Approval.AUTO, "deadline": None}


@pytest.fixture
def earnest(tmp_path: Path, database_url: str, warm_sandbox: Sandbox) -> Iterator[Installation]:
    """
    An installation whose provider counts as one that reaches people.
    """
    with_provider = {"site": SITE, "provider": REAL, "delivery": {"provider": "real"}}
    installation = Installation(
        tmp_path, database_url, now=NOW, sandbox=warm_sandbox, **with_provider
    )
    folder = tmp_path / "outbox"
    installation.app.providers["real"] = OutboxProvider(folder, clock=lambda: installation.now)
    yield installation
    installation.close()


def kept(installation: Installation, issue_id: int) -> StoredCheck:
    with installation.app.database.read() as connection:
        found = load_check(connection, issue_id)
    assert found is not None
    return found


def ready(installation: Installation, **values: object) -> int:
    installation.add_list()
    installation.add_readers(2)
    return installation.add_issue(**values)


def repeated(installation: Installation) -> int:
    """
    An issue of a brief that was sent to its list before, which is a warning.
    """
    pipeline.publish_issue(installation.app.publishing, ready(installation))
    installation.submit_all()
    return installation.add_issue()


def test_an_issue_with_an_error_is_not_sent_whatever_a_person_says(
    installation: Installation,
) -> None:
    issue_id = ready(installation, subject="Re: the quiet harbour, once more")
    with pytest.raises(Refused, match=r"cannot be sent: subject: looks like a reply"):
        pipeline.publish_issue(
            installation.app.publishing, issue_id, override_reason="I know better"
        )
    assert installation.state(issue_id) == IssueState.DRAFT
    assert [f.rule for f in kept(installation, issue_id).findings if f.level is Level.ERROR] == [
        "subject"
    ]


def test_a_warning_wants_a_reason_where_mail_reaches_people(earnest: Installation) -> None:
    issue_id = repeated(earnest)
    with pytest.raises(Refused, match=r"has 1 warning: .* --override REASON"):
        pipeline.publish_issue(earnest.app.publishing, issue_id)
    assert earnest.state(issue_id) == IssueState.DRAFT
    assert (
        pipeline.publish_issue(
            earnest.app.publishing, issue_id, override_reason="it is short today"
        )
        == 2
    )
    assert kept(earnest, issue_id).override_reason == "it is short today"
    assert Level.WARNING in {found.level for found in kept(earnest, issue_id).findings}


def test_a_rehearsal_needs_no_reason_and_keeps_its_warnings(installation: Installation) -> None:
    issue_id = repeated(installation)
    assert pipeline.publish_issue(installation.app.publishing, issue_id) == 2
    assert Level.WARNING in {found.level for found in kept(installation, issue_id).findings}


def test_a_schedule_that_sends_by_itself_sends_with_warnings_and_keeps_them(
    earnest: Installation,
) -> None:
    prepared(earnest, **AUTO)
    put_brief(earnest, "A {{ brace")
    tick_at(earnest, SLOT)
    assert len(earnest.mailed()) == 3
    assert kept(earnest, 1).override_reason == "its schedule sends automatically"
    assert Level.WARNING in {found.level for found in kept(earnest, 1).findings}


def test_a_slot_whose_issue_has_an_error_is_held_as_a_draft_and_says_why(
    tmp_path: Path, database_url: str, warm_sandbox: Sandbox
) -> None:
    settings = {"provider": REAL, "delivery": {"provider": "real"}}
    installation = Installation(tmp_path, database_url, now=NOW, sandbox=warm_sandbox, **settings)
    installation.app.providers["real"] = OutboxProvider(
        tmp_path / "outbox", clock=lambda: installation.now
    )
    drafted(installation, **AUTO)
    assert installation.mailed() == []
    assert installation.state(1) == IssueState.DRAFT
    assert "stays a draft: issue 1 cannot be sent: footer: no postal address" in why(installation)
    tick_at(installation, SLOT + dt.timedelta(minutes=5))
    assert installation.state(1) == IssueState.DRAFT
    with installation.app.database.read() as connection:
        ((what, advice),) = texts_of(find_alerts(connection, now=installation.now))
    assert what == "Issue 1 could not be sent and is a draft again"
    assert "no postal address" in advice
    installation.close()


def test_a_schedules_draft_leaves_out_a_brief_that_was_held_since_and_its_reason_stays(
    installation: Installation,
) -> None:
    prepared(installation)
    put_brief(installation, "The Odd One")
    tick_at(installation, SLOT)
    (odd,) = [each.id for each in installation.stored_briefs() if "Odd" in each.brief.title]
    with installation.app.database.write() as connection:
        hold_brief(connection, odd, reason="wait for the lawyers", by="Anna")
    tick_at(installation, DEADLINE)
    sent = [message.get_body().get_content() for message in installation.mails()]
    assert ["The Quiet Quay" in text and "The Odd One" not in text for text in sent] == [True] * 3
    assert f"brief {odd} left out: briefs: held, so no issue is sent" in why(installation)
    (held,) = [each for each in installation.stored_briefs() if each.id == odd]
    assert held.status_reason == "held by Anna: wait for the lawyers"


def test_an_issue_sent_at_a_time_leaves_with_the_reason_given_before(earnest: Installation) -> None:
    issue_id = repeated(earnest)
    before = len(earnest.mailed())
    context = earnest.app.publishing
    with earnest.app.database.read() as connection:
        issue = issues.load_issue(connection, issue_id)
    run_preflight(
        context, issue, render_issue(context, issue_id), override_reason="the day is right"
    )
    at = NOW + dt.timedelta(hours=1)
    with earnest.app.database.write() as connection:
        issues.move_issue(connection, issue_id, IssueState.SCHEDULED, send_at=at)
    tick_at(earnest, at)
    assert len(earnest.mailed()) == before + 2
    assert kept(earnest, issue_id).override_reason == "the day is right"


def test_a_reason_given_before_another_issue_sent_the_brief_does_not_send_it_again(
    earnest: Installation,
) -> None:
    context, issue_id = earnest.app.publishing, ready(earnest)
    with earnest.app.database.read() as connection:
        issue = issues.load_issue(connection, issue_id)
    at = NOW + dt.timedelta(hours=2)
    schedule_release(context, issue, at, override_reason="the day is right")
    tick_at(earnest, NOW + dt.timedelta(hours=1))
    pipeline.publish_issue(context, earnest.add_issue(), override_reason="it is urgent")
    earnest.submit_all()
    before = earnest.mailed()
    tick_at(earnest, at)
    assert (earnest.mailed(), earnest.state(issue_id)) == (before, IssueState.DRAFT)


def test_a_deadline_does_not_send_what_a_person_sent_after_the_draft_was_made(
    earnest: Installation,
) -> None:
    drafted(earnest)
    earnest.now = SLOT + dt.timedelta(hours=1)
    pipeline.publish_issue(
        earnest.app.publishing,
        duplicate(earnest.app, 1, by=OPERATOR),
        override_reason="it is urgent",
    )
    earnest.submit_all()
    before = earnest.mailed()
    tick_at(earnest, DEADLINE)
    assert (earnest.mailed(), earnest.state(1)) == (before, IssueState.DRAFT)


def test_a_test_mail_asks_nothing_about_readers_and_needs_no_reason(earnest: Installation) -> None:
    again = repeated(earnest)
    test_id = pipeline.queue_test(earnest.app.publishing, again, ["me@example.org"])
    earnest.submit_all()
    assert "me@example.org" in earnest.mailed()
    assert {found.rule for found in kept(earnest, test_id).findings} & {
        "audience",
        "send-history",
    } == set()


def test_a_test_mail_with_an_error_is_cancelled_and_names_its_issue(
    installation: Installation,
) -> None:
    issue_id = ready(installation, subject="Re: the quiet harbour, once more")
    with pytest.raises(Refused, match=rf"^issue {issue_id} .* see `newsletter check {issue_id}`"):
        pipeline.queue_test(installation.app.publishing, issue_id, ["me@example.org"])
    assert installation.state(issue_id + 1) == IssueState.CANCELLED
    said = {found.message for found in check_issue(installation.app.publishing, issue_id)}
    assert "no test email was sent: send one with `newsletter issue test`" in said


def test_what_is_kept_of_an_issue_with_errors_does_not_say_that_it_may_leave(
    installation: Installation,
) -> None:
    issue_id = ready(installation, subject="Re: the quiet harbour, once more")
    with pytest.raises(Refused):
        pipeline.publish_issue(
            installation.app.publishing,
            issue_id,
            override_reason="its schedule sends automatically",
        )
    head, *lines = kept(installation, issue_id).lines()
    assert head == "checked on 2026-03-04 12:00 UTC; its errors prevent sending"
    assert "  error subject: Subject: looks like a reply" in "\n".join(lines)


def test_readers_that_are_missing_since_the_last_issue_warn(installation: Installation) -> None:
    first = ready(installation)
    installation.subscribe(f"more{number}@example.org" for number in range(8))
    pipeline.publish_issue(installation.app.publishing, first)
    installation.submit_all()
    for number in range(8):
        installation.unsubscribe(f"more{number}@example.org")
    second = installation.add_issue("The Loud Harbour")
    (found,) = [f for f in check_issue(installation.app.publishing, second) if f.rule == "audience"]
    assert (found.level, found.message[:27]) == (Level.WARNING, "2 readers, 10 last time: ch")
