"""
Describe what happened to a delivery.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.model.delivery import BatchState, DeliveryState, SettledBy
from newsletter.model.event import IN_WORDS, Outcome
from newsletter.model.issue import Issue, IssueState
from newsletter.store.delivery.trace import DeliveryEntry
from newsletter.store.flow_control import kill_switch
from subscribers.audience.exclusion_reason import ExclusionKind, parse_reason


def describe_delivery(connection: sa.Connection, issue: Issue, entry: DeliveryEntry) -> str:
    """
    Describe the state of one delivery.
    """
    when = f" on {format_moment(entry.call_started_at)}" if entry.call_started_at else ""
    if entry.settled_by is SettledBy.PERSON:
        return (
            f"submitted to {entry.provider}{when} with an uncertain outcome, which a person "
            f"recorded as {entry.state}"
        )
    match entry.state:
        case DeliveryState.ACCEPTED:
            return f"accepted by {entry.provider}, submitted{when}"
        case DeliveryState.REJECTED:
            return f"rejected by {entry.provider}{when}: {entry.reason}"
        case DeliveryState.SKIPPED:
            return f"skipped when the issue was sent: {describe_reason(entry.reason)}"
        case DeliveryState.CANCELLED:
            return "the issue was cancelled before it was sent to them"
        case DeliveryState.UNCERTAIN:
            why = entry.reason or entry.batch_reason
            where = f"submitted to {entry.provider}{when}"
            return f"{where}; whether it was accepted is uncertain: {why}"
    return _pending_words(connection, issue, entry)


def describe_events(reported: Outcome) -> list[str]:
    """
    Describe what the provider reported since, in the order it happened.
    """
    events = sorted((at, IN_WORDS[kind], kind) for kind, at in reported.first_seen.items())
    return [
        f"{words} on {format_moment(at)}"
        + (f" ({reported.detail})" if kind is reported.bounce else "")
        for at, words, kind in events
    ]


def _pending_words(connection: sa.Connection, issue: Issue, entry: DeliveryEntry) -> str:
    if entry.batch_state is BatchState.SUBMITTING:
        return f"being submitted since {format_moment(entry.call_started_at)}"
    stopped = kill_switch.active_stop(connection)
    if stopped is not None:
        return f"not submitted yet: {stopped}"
    if issue.state is IssueState.PAUSED:
        return f"not submitted yet: the issue is paused ({issue.pause_reason})"
    if entry.batch_state is BatchState.WAITING:
        when = format_moment(entry.not_before)
        return f"not submitted yet: waiting until {when} ({entry.batch_reason})"
    return "not submitted yet"


def describe_reason(rule: str) -> str:
    """
    Return a readable description of a reason in the ledger; any other text is returned unchanged.
    """
    reason = parse_reason(rule)
    if reason is None:
        return rule
    detail = reason.detail
    return {
        ExclusionKind.ERASED: "the person was erased",
        ExclusionKind.SUPPRESSED: f"the address is suppressed ({detail})",
        ExclusionKind.MINUS_LIST: f"they are on list {detail}, which the issue excludes",
        ExclusionKind.PAUSED: "they have paused their email",
        ExclusionKind.SEGMENT: f"they were not in segment {detail}",
        ExclusionKind.CADENCE: f"they chose the cadence {detail}, which the issue is not for",
        ExclusionKind.PENDING: "the subscription was not confirmed",
        ExclusionKind.ENDED: f"the subscription had ended ({detail or 'no reason'})",
        ExclusionKind.NOT_SUBSCRIBED: "the subscription had ended (removed)",
        ExclusionKind.ACTIVE: "they were subscribed already",
        ExclusionKind.CONFIRMED: "they had confirmed already",
        ExclusionKind.EXPIRED: "the link in it had expired",
    }[reason.kind]


def format_moment(at: dt.datetime | None) -> str:
    """
    Format a time for use in a sentence.
    """
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "an unknown time"
