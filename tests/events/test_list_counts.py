"""
The health of a list counts what became of its issues, and of nothing else.
"""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from installation import Installation
from scripted_provider import ACCEPTED, UNCERTAIN, all_of, submit_next
from webhook_calls import Talks, reported_issue

from newsletter.actions.issues.issue_delivery import cancel
from newsletter.actions.issues.resending import resend
from newsletter.model.access import OPERATOR
from newsletter.model.delivery import Receipt, ReceiptKind
from newsletter.model.event import EventKind
from newsletter.model.issue import IssueKind
from newsletter.store.events import list_health
from newsletter.store.tables import issue
from subscribers.lists import find_list

REJECTED = Receipt(kind=ReceiptKind.REJECTED, reason="mailbox full")
FIRST = "reader0000@example.org"


def silent(installation: Installation, *issues: int) -> int:
    with installation.app.database.read() as connection:
        return list_health.count_silent(connection, find_list(connection, "daily"), issues)


def test_nobody_is_silent_whom_perhaps_no_email_reached(installation: Installation) -> None:
    reported = reported_issue(installation, Talks([all_of(UNCERTAIN), all_of(ACCEPTED)]), readers=4)
    while submit_next(reported.dispatcher):
        pass
    assert installation.counts(reported.issue_id)["uncertain"] == 2
    assert silent(installation, reported.issue_id) == 2


def test_nobody_is_silent_to_whom_an_issue_was_not_sent_after_all(
    installation: Installation,
) -> None:
    reported = reported_issue(installation, Talks([all_of(ACCEPTED)]))
    submit_next(reported.dispatcher)
    installation.subscribe(["late@example.org"])
    resend(installation.app, reported.issue_id, ["late@example.org"], by=OPERATOR)
    cancel(installation.app, reported.issue_id, by=OPERATOR)
    assert silent(installation, reported.issue_id) == 2


def test_a_reader_who_got_an_issue_only_again_was_sent_it_once(installation: Installation) -> None:
    provider = Talks([all_of(REJECTED), all_of(ACCEPTED), all_of(ACCEPTED)])
    reported = reported_issue(installation, provider, readers=1)
    submit_next(reported.dispatcher)
    for _ in range(2):
        resend(installation.app, reported.issue_id, [FIRST], again=True, by=OPERATOR)
        assert submit_next(reported.dispatcher)
    assert silent(installation, reported.issue_id) == 1
    another = installation.add_issue("Another")
    assert silent(installation, reported.issue_id, another) == 0


@pytest.mark.parametrize(("kind", "counted"), [(IssueKind.ISSUE, 1), (IssueKind.NOTICE, 0)])
def test_bounces_of_other_email_than_issues_are_not_counted(
    installation: Installation, kind: IssueKind, counted: int
) -> None:
    reported = reported_issue(installation, Talks([all_of(ACCEPTED)]))
    submit_next(reported.dispatcher)
    reported.says(0, EventKind.BOUNCED_HARD)
    reported.says(1, EventKind.COMPLAINED)
    with installation.app.database.write() as connection:
        connection.execute(sa.update(issue).values(kind=kind))

    with installation.app.database.read() as connection:
        since = installation.now - dt.timedelta(days=1)
        daily = find_list(connection, "daily")
        found = list_health.count_reports_by_domain(connection, daily, since=since)

    assert (found.bounced.get("example.org", 0), found.complained.get("example.org", 0)) == (
        counted,
        counted,
    )
