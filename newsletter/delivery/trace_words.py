"""
Describe what happened to a delivery.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa

from newsletter.model.delivery import BatchState, DeliveryState, SettledBy
from newsletter.model.event import IN_WORDS, Outcome
from newsletter.model.issue import Issue, IssueState
from newsletter.store.delivery.trace import DeliveryEntry
from newsletter.store.flow_control import kill_switch
from subscribers.audience.exclusion_reason import ExclusionKind, parse_reason
from subscribers.model import Cadence, Subscription, SubscriptionState
from subscribers.text.phrase_values import in_utc
from subscribers.text.phrases import phrase


def describe_delivery(connection: sa.Connection, issue: Issue, entry: DeliveryEntry) -> str:
    """
    Describe the state of one delivery.
    """
    when = (
        phrase(" on {time}", time=format_moment(entry.call_started_at))
        if entry.call_started_at
        else ""
    )
    if entry.settled_by is SettledBy.PERSON:
        return phrase(
            "submitted to {provider}{when} with an uncertain outcome, which a person "
            "recorded as {state}",
            provider=entry.provider,
            when=when,
            state=entry.state,
        )
    match entry.state:
        case DeliveryState.ACCEPTED:
            return phrase(
                "accepted by {provider}, submitted{when}", provider=entry.provider, when=when
            )
        case DeliveryState.REJECTED:
            return phrase(
                "rejected by {provider}{when}: {reason}",
                provider=entry.provider,
                when=when,
                reason=entry.reason,
            )
        case DeliveryState.SKIPPED:
            return phrase(
                "skipped when the issue was sent: {reason}", reason=describe_reason(entry.reason)
            )
        case DeliveryState.CANCELLED:
            return phrase("the issue was cancelled before it was sent to them")
        case DeliveryState.UNCERTAIN:
            why = entry.reason or entry.batch_reason
            where = phrase("submitted to {provider}{when}", provider=entry.provider, when=when)
            return phrase(
                "{where}; whether it was accepted is uncertain: {why}", where=where, why=why
            )
    return _pending_words(connection, issue, entry)


def describe_events(reported: Outcome) -> list[str]:
    """
    Describe what the provider reported since, in the order it happened.
    """
    events = sorted((at, IN_WORDS[kind], kind) for kind, at in reported.first_seen.items())
    return [
        _event_words(words, at, reported.detail if kind is reported.bounce else None)
        for at, words, kind in events
    ]


def _event_words(words: str, at: dt.datetime, detail: str | None) -> str:
    if detail is None:
        return phrase("{words} on {time}", words=words, time=format_moment(at))
    return phrase(
        "{words} on {time} ({detail})", words=words, time=format_moment(at), detail=detail
    )


def _pending_words(connection: sa.Connection, issue: Issue, entry: DeliveryEntry) -> str:
    if entry.batch_state is BatchState.SUBMITTING:
        return phrase("being submitted since {time}", time=format_moment(entry.call_started_at))
    stopped = kill_switch.active_stop(connection)
    if stopped is not None:
        return phrase("not submitted yet: {stopped}", stopped=stopped)
    if issue.state is IssueState.PAUSED:
        return phrase(
            "not submitted yet: the issue is paused ({reason})", reason=issue.pause_reason
        )
    if entry.batch_state is BatchState.WAITING:
        when = format_moment(entry.not_before)
        return phrase(
            "not submitted yet: waiting until {when} ({reason})",
            when=when,
            reason=entry.batch_reason,
        )
    return phrase("not submitted yet")


def describe_reason(rule: str) -> str:
    """
    Return a readable description of a reason in the ledger; any other text is returned unchanged.
    """
    reason = parse_reason(rule)
    if reason is None:
        return rule
    detail = reason.detail
    return {
        ExclusionKind.ERASED: phrase("the person was erased"),
        ExclusionKind.SUPPRESSED: phrase("the address is suppressed ({detail})", detail=detail),
        ExclusionKind.MINUS_LIST: phrase(
            "they are on list {list}, which the issue excludes", list=detail
        ),
        ExclusionKind.PAUSED: phrase("they have paused their email"),
        ExclusionKind.SEGMENT: phrase("they were not in segment {segment}", segment=detail),
        ExclusionKind.CADENCE: phrase(
            "they chose the cadence {cadence}, which the issue is not for", cadence=detail
        ),
        ExclusionKind.PENDING: phrase("the subscription was not confirmed"),
        ExclusionKind.ENDED: phrase(
            "the subscription had ended ({detail})", detail=detail or phrase("no reason")
        ),
        ExclusionKind.NOT_SUBSCRIBED: phrase("the subscription had ended (removed)"),
        ExclusionKind.ACTIVE: phrase("they were subscribed already"),
        ExclusionKind.CONFIRMED: phrase("they had confirmed already"),
        ExclusionKind.EXPIRED: phrase("the link in it had expired"),
    }[reason.kind]


def describe_absence(
    theirs: Subscription, frozen: dt.datetime, cadences: Collection[Cadence] | None
) -> str:
    """
    Describe why somebody with this subscription was not in an issue that was frozen at that time,
    for readers of some *cadences*.
    """
    slug, since = theirs.list_slug, phrase("on {time}", time=format_moment(theirs.since))
    if theirs.created_at > frozen:
        return phrase(
            "joined list {list} after the issue was frozen, on {time}",
            list=slug,
            time=format_moment(theirs.created_at),
        )
    if theirs.state is SubscriptionState.ENDED and theirs.since <= frozen:
        reason = theirs.ended_reason or phrase("no reason")
        return phrase(
            "was no longer on list {list} when the issue was frozen; ended {since} ({reason})",
            list=slug,
            since=since,
            reason=reason,
        )
    if theirs.since > frozen:
        return phrase(
            "was not active on list {list} when the issue was frozen; {state} only {since}",
            list=slug,
            state=theirs.state,
            since=since,
        )
    if cadences is not None and theirs.cadence not in cadences:
        return phrase(
            "chose the cadence {cadence} on list {list}", cadence=theirs.cadence, list=slug
        )
    return phrase("is {state} on list {list} {since}", state=theirs.state, list=slug, since=since)


def format_moment(at: dt.datetime | None) -> str:
    """
    Format a time for use in a sentence.
    """
    return in_utc(at, seconds=True) if at else phrase("an unknown time")
