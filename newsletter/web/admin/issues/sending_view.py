"""
What the page of an issue that is being sent shows of its numbers: the strip, the throughput, what
its readers wait for, and what happened.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newsletter.actions.issues.issue_status import THROUGHPUT_OVER, IssueDecision, SendingProgress
from newsletter.model.delivery import BatchState, DeliveryState, HoldReason
from newsletter.model.issue import IssueState
from newsletter.store.delivery.status.batches import BatchGroup

# The order in which a ledger names the states.
LEDGER_ORDER = (
    DeliveryState.ACCEPTED,
    DeliveryState.REJECTED,
    DeliveryState.SKIPPED,
    DeliveryState.UNCERTAIN,
    DeliveryState.CANCELLED,
    DeliveryState.PENDING,
)
APPROVALS = frozenset({"issue.approve", "issue.approve_and_send", "issue.approve_shown"})
# Decisions that the page tells of.
SHOWN_DECISIONS = frozenset(
    {
        *APPROVALS,
        "issue.cancel",
        "issue.correct",
        "issue.end_quiet_wait",
        "issue.hold",
        "issue.pause",
        "issue.reschedule",
        "issue.resend",
        "issue.resolve",
        "issue.resume",
        "issue.send",
        "issue.send_by_clock",
    }
)
_MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class StateSpan:
    """
    The part of a strip for one state, from reader `start` on.
    """

    state: str
    start: int
    readers: int


@dataclass(frozen=True, kw_only=True)
class LedgerLine:
    """
    How many readers are in one state.
    """

    state: str
    readers: int


@dataclass(frozen=True, kw_only=True)
class ReaderWait:
    """
    Readers who wait for the same: `reason` says for what if there is no `hold`.
    """

    hold: HoldReason | None
    reason: str
    readers: int
    until: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class SendingThroughput:
    """
    How many readers had a result in the last minute, when the others will have one at this rate,
    and how many minutes that takes; None if nothing moved. Readers who wait are left out.
    """

    per_minute: int
    done_at: dt.datetime | None
    minutes_left: int | None


@dataclass(frozen=True, kw_only=True)
class LogLine:
    """
    One thing that happened. `what` is an action or the name of an event. `send_at` is the time that
    the issue got by it; `is_refused` if it was asked for and not done.
    """

    at: dt.datetime
    what: str
    actor: str = ""
    detail: str = ""
    readers: int = 0
    send_at: dt.datetime | None = None
    is_refused: bool = False


@dataclass(frozen=True, kw_only=True)
class SendingView:
    """
    An issue's sending as its page shows it.
    """

    is_moving: bool
    ledger: Sequence[LedgerLine]
    strip: Sequence[StateSpan]
    waits: Sequence[ReaderWait]
    throughput: SendingThroughput
    log: Sequence[LogLine]
    largest_batch: int

    @property
    def by_state(self) -> dict[str, int]:
        """
        Return the readers in each state.
        """
        return {line.state: line.readers for line in self.ledger}

    @property
    def approved_by(self) -> str:
        """
        Return who approved it last; empty if nobody did.
        """
        given = (each.actor for each in self.log if each.what in APPROVALS and not each.is_refused)
        return next(given, "")


def view_of(found: SendingProgress, *, now: dt.datetime) -> SendingView:
    """
    Describe the sending of an issue at *now*.
    """
    counts = found.counts.by_state
    waits = _waits(found.batches)
    return SendingView(
        is_moving=found.sent.issue.state in (IssueState.FREEZING, IssueState.SENDING),
        ledger=[
            LedgerLine(state=state.value, readers=counts.get(state, 0)) for state in LEDGER_ORDER
        ],
        strip=list(_strip(found)),
        waits=waits,
        throughput=_throughput(found, sum(wait.readers for wait in waits), now=now),
        # The last one first; of two at the same time, the one that is listed later.
        log=sorted(_log(found), key=lambda line: line.at)[::-1],
        largest_batch=max((group.largest for group in found.batches), default=0),
    )


def _strip(found: SendingProgress) -> Iterator[StateSpan]:
    start = 0
    for state in LEDGER_ORDER:
        readers = found.counts.by_state.get(state, 0)
        if readers:
            yield StateSpan(state=state.value, start=start, readers=readers)
        start += readers


def _waits(batches: Sequence[BatchGroup]) -> list[ReaderWait]:
    """
    Return what readers wait for, whichever provider their batches were claimed for.
    """
    found: dict[tuple[HoldReason | None, str], list[BatchGroup]] = {}
    for group in batches:
        if group.state is BatchState.WAITING:
            found.setdefault((group.hold, group.reason), []).append(group)
    return [
        ReaderWait(
            hold=hold,
            reason=reason,
            readers=sum(group.readers for group in groups),
            until=min((group.next_at for group in groups if group.next_at), default=None),
        )
        for (hold, reason), groups in found.items()
    ]


def _throughput(found: SendingProgress, waiting: int, *, now: dt.datetime) -> SendingThroughput:
    recent = sum(group.readers for group in found.batches if group.is_recent)
    begun = found.sent.resumed_at or found.sent.frozen_at or now
    measured = min(THROUGHPUT_OVER, max(now - begun, dt.timedelta(seconds=1)))
    per_minute = round(recent * (_MINUTE / measured))
    left = found.counts.by_state.get(DeliveryState.PENDING, 0) - waiting
    if not per_minute or left <= 0:
        return SendingThroughput(per_minute=per_minute, done_at=None, minutes_left=None)
    takes = _MINUTE * (left / per_minute)
    return SendingThroughput(
        per_minute=per_minute, done_at=now + takes, minutes_left=max(1, round(takes / _MINUTE))
    )


def _log(found: SendingProgress) -> Iterator[LogLine]:
    sent = found.sent
    if sent.frozen_at:
        yield LogLine(at=sent.frozen_at, what="frozen", readers=found.counts.audience)
    answered = [each.first_settled_at for each in found.batches if each.first_settled_at]
    if answered:
        yield LogLine(at=min(answered), what="first_answer", detail=sent.issue.provider)
    if sent.slowed_at and sent.frozen_at and sent.frozen_at <= sent.slowed_at:
        yield LogLine(at=sent.slowed_at, what="slowed", detail=sent.issue.current_provider)
    if sent.issue.failed_over_at:
        why = sent.issue.failover_reason
        yield LogLine(at=sent.issue.failed_over_at, what="failed_over", detail=why)
    if sent.auto_paused_at:
        why = sent.issue.pause_reason or ""
        yield LogLine(at=sent.auto_paused_at, what="auto_paused", detail=why)
    if sent.submitted_at:
        yield LogLine(at=sent.submitted_at, what="submitted")
    for group in found.batches:
        if group.state is BatchState.UNCERTAIN and group.called_at:
            detail = group.provider or ""
            yield LogLine(
                at=group.called_at, what="no_answer", detail=detail, readers=group.readers
            )
    yield from reversed(list(_decisions(found.decisions)))


def _decisions(decisions: Sequence[IssueDecision]) -> Iterator[LogLine]:
    """
    Return the decisions, which are newest first. One that was refused has an entry of its beginning
    too, which says nothing more.
    """
    refused: IssueDecision | None = None
    for each in decisions:
        is_its_beginning = refused is not None and (
            (each.actor, each.action, each.send_at, each.is_refused)
            == (refused.actor, refused.action, refused.send_at, False)
        )
        refused = each if each.is_refused else None
        if each.action in SHOWN_DECISIONS and not is_its_beginning:
            yield LogLine(
                at=each.at,
                what=each.action,
                actor=each.actor,
                detail=each.reason,
                send_at=each.send_at,
                is_refused=each.is_refused,
            )
