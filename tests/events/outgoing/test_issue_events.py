"""
What happens to issues, briefs and exports, and what providers report, becomes events for webhooks.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from corrected_issue import edit, send, sent
from drafts import DEADLINE, DRAFT, SLOT, drafted, tick_at
from event_readers import READERS
from installation import Installation
from receivers import Receiver, receiving
from scripted_provider import ACCEPTED, all_of, submit_next
from webhook_calls import Talks, reported_issue

from newsletter import pipeline
from newsletter.actions.issues import issue_delivery, issues
from newsletter.actions.people.files import exports
from newsletter.actions.people.files.work_export import work
from newsletter.issues import approval
from newsletter.issues.corrections import make_correction
from newsletter.issues.release import return_to_draft, schedule_release
from newsletter.model.access import OPERATOR
from newsletter.model.event import EventKind
from newsletter.model.issue import DeadlineAction
from newsletter.store.issues.issues import load_issue
from subscribers.filters.model import PeopleFilter

ISSUES = ("issue.submitted", "issue.paused", "issue.corrected")


def about(receiver: Receiver) -> list[dict[str, Any]]:
    receiver.send()
    return receiver.data()


def test_an_issue_and_its_correction_are_submitted(installation: Installation) -> None:
    with receiving(installation, kinds=ISSUES) as receiver:
        first = sent(installation)
        edit(installation, title="The Loud Harbour")
        second = make_correction(installation.app.publishing, first)
        send(installation, second)
        lists = ["daily"]
        found = about(receiver)
    # In order about each issue.
    assert [each for each in found if each["issue_id"] == first] == [
        {"type": "issue.submitted", "issue_id": first, "lists": lists},
        {"type": "issue.corrected", "issue_id": first, "correction_id": second, "lists": lists},
    ]
    assert [each for each in found if each["issue_id"] == second] == [
        {"type": "issue.submitted", "issue_id": second, "lists": lists}
    ]


def test_an_issue_is_paused(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(2)
    issue_id = installation.add_issue()
    pipeline.publish_issue(installation.app.publishing, issue_id)
    with receiving(installation, kinds=ISSUES, lists=["daily"]) as receiver:
        issue_delivery.pause(installation.app, issue_id, reason="a wrong date", by=OPERATOR)
        assert about(receiver) == [
            {
                "type": "issue.paused",
                "issue_id": issue_id,
                "lists": ["daily"],
                "reason": "a wrong date",
            }
        ]


def test_a_webhook_for_another_list_does_not_get_an_issue(installation: Installation) -> None:
    installation.add_list("weekly")
    with receiving(installation, kinds=ISSUES, lists=["weekly"]) as receiver:
        sent(installation)
        assert about(receiver) == []


def test_a_brief_is_collected(installation: Installation) -> None:
    installation.add_list()
    with receiving(installation, kinds=["brief.collected"]) as receiver:
        installation.add_issue("The Quiet Harbour")
        installation.add_issue("The Quiet Harbour")
        assert about(receiver) == [
            {
                "type": "brief.collected",
                "brief_id": 1,
                "source": "by hand",
                "title": "The Quiet Harbour",
                "url": None,
                "status": "new",
            }
        ]


def test_an_export_is_ready(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(3)
    with receiving(installation, kinds=["export.ready"], lists=["daily"]) as receiver:
        job = exports.start(installation.app, PeopleFilter(list_slug="daily"), by=OPERATOR)
        work(installation.app, job.id)
        everybody = exports.start(installation.app, PeopleFilter(), by=OPERATOR)
        work(installation.app, everybody.id)
        assert about(receiver) == [
            {"type": "export.ready", "export_id": job.id, "list": "daily", "people": 3}
        ]


def test_a_hard_bounce_and_a_complaint_are_sent_once(installation: Installation) -> None:
    reported = reported_issue(installation, Talks([all_of(ACCEPTED)]))
    submit_next(reported.dispatcher)
    kinds = ["subscriber.bounced", "subscriber.complained", "subscriber.suppressed"]
    with receiving(installation, kinds=kinds, lists=["daily"]) as receiver:
        reported.says(0, EventKind.BOUNCED_HARD)
        reported.says(0, EventKind.BOUNCED_HARD, after_s=90)
        reported.says(1, EventKind.COMPLAINED)
        found = about(receiver)
    by_person = {
        address: [
            (each["type"], each["list"], each["by"]) for each in found if each["address"] == address
        ]
        for address in READERS
    }
    assert by_person == {
        READERS[0]: [
            ("subscriber.bounced", "daily", "provider"),
            ("subscriber.suppressed", None, "provider"),
        ],
        READERS[1]: [
            ("subscriber.complained", "daily", "provider"),
            ("subscriber.suppressed", None, "provider"),
        ],
    }
    assert {each["issue_id"] for each in found if "issue_id" in each} == {reported.issue_id}


OF_DRAFTS = tuple(f"issue.{one}" for one in ("approval_needed", "approved", "scheduled",
                                             "cancelled", "failed"))  # fmt: skip


def test_a_draft_waits_is_approved_is_scheduled_and_is_cancelled(
    installation: Installation,
) -> None:
    with receiving(installation, kinds=OF_DRAFTS) as receiver:
        drafted(installation)
        approval.approve(installation.app.publishing, DRAFT)
        texts = issues.IssueTexts(subject="Again")
        issues.edit_draft(installation.app, DRAFT, texts=texts, by=OPERATOR)
        approval.approve(installation.app.publishing, DRAFT)
        at = installation.now + dt.timedelta(hours=4)
        with installation.app.database.read() as connection:
            issue = load_issue(connection, DRAFT)
        schedule_release(installation.app.publishing, issue, at)
        issue_delivery.cancel(installation.app, DRAFT, reason="a wrong date", by=OPERATOR)
        found = about(receiver)
    assert {each["issue_id"] for each in found} == {DRAFT}
    assert [each["type"].removeprefix("issue.") for each in found] == [
        "approval_needed", "approved", "approval_needed", "approved", "scheduled", "cancelled",
    ]  # fmt: skip
    assert found[0]["deadline"] == DEADLINE.isoformat()
    assert found[4]["send_at"] == at.isoformat()
    assert found[5]["reason"] == "a wrong date"


def test_what_could_not_be_sent_says_why(installation: Installation) -> None:
    with receiving(installation, kinds=OF_DRAFTS[3:]) as receiver:
        drafted(installation, at_deadline=DeadlineAction.SKIP)
        with installation.app.database.read() as connection:
            issue = load_issue(connection, DRAFT)
        return_to_draft(installation.app.publishing, issue, "no reader is left")
        tick_at(installation, DEADLINE)
        found = about(receiver)
    assert [(each["type"], each["reason"]) for each in found] == [
        ("issue.failed", "no reader is left"),
        ("issue.cancelled", "cancelled: not approved by its deadline"),
    ]


def test_a_schedule_that_makes_no_issue_says_why(installation: Installation) -> None:
    with receiving(installation, kinds=["schedule.skipped"]) as receiver:
        drafted(installation)
        tick_at(installation, SLOT + dt.timedelta(days=1))
        (found,) = about(receiver)
    assert found.pop("reason").startswith("no new briefs")
    assert found == {
        "type": "schedule.skipped",
        "schedule": "morning",
        "run": "2026-03-06T06:00",
        "lists": ["daily"],
        "outcome": "skipped",
    }
