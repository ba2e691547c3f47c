"""
What happens to issues, briefs and exports, and what providers report, becomes events for webhooks.
"""

from __future__ import annotations

from typing import Any

from corrected_issue import edit, send, sent
from event_readers import READERS
from installation import Installation
from receivers import Receiver, receiving
from scripted_provider import ACCEPTED, all_of, submit_next
from webhook_calls import Talks, reported_issue

from newsletter import pipeline
from newsletter.actions.issues import issue_delivery
from newsletter.actions.people.files import exports
from newsletter.actions.people.files.work_export import work
from newsletter.issues.corrections import make_correction
from newsletter.model.access import OPERATOR
from newsletter.model.event import EventKind
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
