"""
Describe what happened to a delivery.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping

import sqlalchemy as sa

from newsletter.model.delivery import BatchState, DeliveryState, SettledBy
from newsletter.model.event import EventKind, Outcome
from newsletter.model.issue import Issue, IssueState
from newsletter.store.delivery.trace import DeliveryEntry
from newsletter.store.flow_control import kill_switch
from subscribers.audience.exclusion_reason import ExclusionKind, parse_reason
from subscribers.model import Cadence, Subscription, SubscriptionState
from subscribers.text.phrase_values import in_utc
from subscribers.text.phrases import filled, phrase


def describe_delivery(connection: sa.Connection, issue: Issue, entry: DeliveryEntry) -> str:
    """
    Describe the state of one delivery, in sentences.
    """
    provider, when = entry.provider, ""
    if entry.call_started_at:
        when = phrase(" on {time}", time=format_moment(entry.call_started_at))
    if entry.settled_by is SettledBy.PERSON:
        return phrase(
            "Submitted to the provider {provider}{when}. It was uncertain whether it was accepted, "
            "and a person recorded it as {state}.",
            provider=provider,
            when=when,
            state=entry.state,
        )
    match entry.state:
        case DeliveryState.ACCEPTED:
            return phrase(
                "Sent{when}: the provider {provider} accepted it.", provider=provider, when=when
            )
        case DeliveryState.REJECTED:
            return phrase(
                "Not sent: the provider {provider} refused it{when} and said: {reason}",
                provider=provider,
                when=when,
                reason=entry.reason,
            )
        case DeliveryState.SKIPPED:
            return phrase(
                "Not sent: they were skipped when it was their turn, because {reason}.",
                reason=describe_reason(entry.reason),
            )
        case DeliveryState.CANCELLED:
            return phrase("Not sent: the issue was cancelled before it was their turn.")
        case DeliveryState.UNCERTAIN:
            return phrase(
                "Perhaps sent: it was submitted to the provider {provider}{when}, and it is "
                "uncertain whether it was accepted ({why}). They get no second email until that "
                "is known.",
                provider=provider,
                when=when,
                why=entry.reason or entry.batch_reason,
            )
    return _pending_words(connection, issue, entry)


# Each of these shows whether the email reached the mailbox.
_ARRIVAL = frozenset(EventKind) - {EventKind.ACCEPTED, EventKind.DEFERRED}
_EVENTS: Mapping[EventKind, str] = {
    EventKind.ACCEPTED: phrase("The provider reported on {time} that it accepted it."),
    EventKind.DEFERRED: phrase("The receiving server put it off on {time}."),
    EventKind.DELIVERED: phrase("The receiving server took it on {time}."),
    EventKind.BOUNCED_HARD: phrase("It bounced for good on {time}."),
    EventKind.BOUNCED_SOFT: phrase("It bounced for now on {time}."),
    EventKind.BLOCKED: phrase(
        "The receiving server blocked it, for policy or reputation, on {time}."
    ),
    EventKind.COMPLAINED: phrase("They marked it as spam on {time}."),
    EventKind.UNSUBSCRIBED: phrase("They unsubscribed at the provider on {time}."),
    EventKind.OPENED: phrase("It was opened on {time}."),
    EventKind.CLICKED: phrase("A link in it was clicked on {time}."),
}


def describe_events(reported: Outcome, *, is_accepted: bool) -> list[str]:
    """
    Describe what was reported since, in the order it happened, a sentence for each. Of an email
    that the provider accepted, say if nothing shows whether it reached the mailbox.
    """
    events = sorted((at, kind) for kind, at in reported.first_seen.items())
    sentences = [
        sentence
        for at, kind in events
        for sentence in _event_sentences(kind, at, reported.detail, reported.bounce)
    ]
    if is_accepted and not _ARRIVAL & reported.first_seen.keys():
        sentences.append(phrase("Whether it reached the mailbox was not reported."))
    return sentences


def _event_sentences(
    kind: EventKind, at: dt.datetime, detail: str, bounce: EventKind | None
) -> Iterator[str]:
    yield filled(_EVENTS[kind], time=format_moment(at))
    if detail and kind is bounce:
        yield phrase("The receiving server said: {detail}", detail=detail)


def _pending_words(connection: sa.Connection, issue: Issue, entry: DeliveryEntry) -> str:
    if entry.batch_state is BatchState.SUBMITTING:
        return phrase(
            "Being sent since {time}: the provider has not answered yet.",
            time=format_moment(entry.call_started_at),
        )
    stopped = kill_switch.active_stop(connection)
    if stopped is not None:
        return phrase("Not sent yet: {stopped}", stopped=stopped)
    if issue.state is IssueState.PAUSED:
        return phrase("Not sent yet: the issue is paused ({reason}).", reason=issue.pause_reason)
    if entry.batch_state is BatchState.WAITING:
        return phrase(
            "Not sent yet: it waits until {when} ({reason}).",
            when=format_moment(entry.not_before),
            reason=entry.batch_reason,
        )
    return phrase("Not sent yet: its turn has not come.")


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
            "they joined list {list} only on {time}, after sending had begun",
            list=slug,
            time=format_moment(theirs.created_at),
        )
    if theirs.state is SubscriptionState.ENDED and theirs.since <= frozen:
        reason = theirs.ended_reason or phrase("no reason")
        return phrase(
            "they were no longer on list {list} when sending began: the subscription ended {since} "
            "({reason})",
            list=slug,
            since=since,
            reason=reason,
        )
    if theirs.since > frozen:
        return phrase(
            "they were not active on list {list} when sending began: {state} only {since}",
            list=slug,
            state=theirs.state,
            since=since,
        )
    if cadences is not None and theirs.cadence not in cadences:
        return phrase(
            "they chose the cadence {cadence} on list {list}", cadence=theirs.cadence, list=slug
        )
    return phrase(
        "they have been {state} on list {list} since {time}",
        state=theirs.state,
        list=slug,
        time=format_moment(theirs.since),
    )


def format_moment(at: dt.datetime | None) -> str:
    """
    Format a time for use in a sentence.
    """
    return in_utc(at, seconds=True) if at else phrase("an unknown time")
