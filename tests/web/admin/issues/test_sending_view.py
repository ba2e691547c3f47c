"""
What the page of an issue that goes out makes of the numbers in the ledger.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from newsletter.actions.issues.issue_status import IssueDecision, SendingProgress
from newsletter.model.delivery import BatchState, DeliveryState, HoldReason
from newsletter.model.issue import AudienceRule, Issue, IssueKind, IssueState
from newsletter.model.mail import Sender
from newsletter.store.delivery.status.batches import BatchGroup
from newsletter.store.delivery.status.counts import Counts
from newsletter.store.delivery.status.sent_issue import SentIssue
from newsletter.web.admin.issues.sending_view import ReaderWait, view_of

NOW = dt.datetime(2026, 3, 5, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
A, P = DeliveryState.ACCEPTED, DeliveryState.PENDING


def group(state: BatchState, readers: int, **values: Any) -> BatchGroup:
    names = [each.name for each in dataclasses.fields(BatchGroup)]
    known = {"reason": "", "is_recent": False, "largest": readers}
    defaults = dict.fromkeys(names) | known | {"state": state, "readers": readers}
    return BatchGroup(**(defaults | values))


def progress(*batches: BatchGroup, by_state: dict[DeliveryState, int]) -> SendingProgress:
    issue = Issue(
        id=1,
        kind=IssueKind.ISSUE,
        state=IssueState.SENDING,
        audience=AudienceRule(lists=("daily",)),
        template="digest",
        sender=Sender("", "desk@example.org"),
        provider="outbox",
    )
    names = [each.name for each in dataclasses.fields(SentIssue)]
    known = {"issue": issue, "frozen_at": NOW - 5 * MINUTE, "bounced": 0, "complained": 0}
    return SendingProgress(
        sent=SentIssue(**(dict.fromkeys(names) | known)),
        counts=Counts(audience=sum(by_state.values()), by_state=by_state, excluded={}),
        reasons={},
        batches=batches,
        decisions=[
            IssueDecision(at=NOW, actor="Eve", action="issue.edit", reason=""),
            IssueDecision(at=NOW, actor="Eve", action="issue.pause", reason="x"),
        ],
    )


def test_the_time_left_is_that_of_readers_who_do_not_wait() -> None:
    waiting = group(BatchState.WAITING, 3000, hold=HoldReason.CANARY, next_at=NOW + 9 * MINUTE)
    found = progress(
        group(BatchState.SETTLED, 600, is_recent=True, first_settled_at=NOW - MINUTE),
        group(BatchState.PENDING, 1200),
        waiting,
        by_state={A: 600, P: 4200},
    )
    throughput = view_of(found, now=NOW).throughput
    assert (throughput.per_minute, throughput.minutes_left) == (600, 2)
    assert throughput.done_at == NOW + 2 * MINUTE


def test_nothing_is_foretold_while_nothing_moves() -> None:
    found = progress(group(BatchState.PENDING, 10), by_state={P: 10})
    throughput = view_of(found, now=NOW).throughput
    assert (throughput.per_minute, throughput.minutes_left, throughput.done_at) == (0, None, None)


def test_readers_who_wait_for_the_same_are_counted_together() -> None:
    found = progress(
        group(BatchState.WAITING, 5, reason="throttled", provider="one", next_at=NOW + MINUTE),
        group(BatchState.WAITING, 7, reason="throttled", provider="two", next_at=NOW),
        by_state={P: 12},
    )
    wait = ReaderWait(hold=None, reason="throttled", readers=12, until=NOW)
    assert view_of(found, now=NOW).waits == [wait]


def test_what_happened_is_listed_from_the_last_to_the_first() -> None:
    found = progress(
        group(BatchState.SETTLED, 5, first_settled_at=NOW - 5 * MINUTE), by_state={A: 5}
    )
    log = [line.what for line in view_of(found, now=NOW).log]
    assert log == ["issue.pause", "first_answer", "frozen"]


def test_the_strip_is_as_long_as_the_ledger_s_sum() -> None:
    strip = view_of(progress(by_state={A: 3, P: 2}), now=NOW).strip
    assert [(each.state, each.start, each.readers) for each in strip] == [
        ("accepted", 0, 3),
        ("pending", 3, 2),
    ]
