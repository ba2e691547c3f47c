"""
Trace why somebody got an issue or did not: for each issue what happened, and the rule behind it.

Everything comes from the deliveries, the exclusions and the subscriptions; nothing is guessed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from newsletter.delivery.freeze import audience_lists
from newsletter.errors import NotFound
from newsletter.mail.merge.fields import unmark_fields
from newsletter.model.delivery import BatchState, DeliveryState, SettledBy
from newsletter.model.event import IN_WORDS, Outcome
from newsletter.model.issue import Issue, IssueKind, IssueState
from newsletter.store.delivery import freeze as freezing
from newsletter.store.delivery import trace as history
from newsletter.store.delivery.trace import DeliveryEntry, Who
from newsletter.store.events import outcomes
from newsletter.store.flow_control import kill_switch
from newsletter.store.issues import issues
from subscribers.audience.exclusion_reason import ExclusionKind, parse_reason
from subscribers.audience.exclusions import select_excluded
from subscribers.audience.selection import select_audience
from subscribers.errors import SubscribersError, UnknownSubscriber
from subscribers.model import Subscriber, Subscription, SubscriptionState, Suppression
from subscribers.people import subscriber_by_address
from subscribers.suppression import suppressions_of
from subscribers.validation.address import Address

# How many of the latest issues are traced when no issue is named.
MOST = 20


@dataclass(frozen=True, kw_only=True)
class DeliveryTrace:
    """
    What happened to one person in one issue. `outcome` is the delivery's state, `excluded` or
    `not in the audience`, before the freeze `would get it` or `would be left out`. `rule` is what
    decided, as stored, and `words` the same for a person. `reported` is what the provider reported
    since.
    """

    issue: Issue
    subject: str | None
    outcome: str
    rule: str
    words: str
    frozen_at: dt.datetime | None = None
    entry: DeliveryEntry | None = None
    reported: Outcome = field(default_factory=Outcome)


@dataclass(frozen=True, kw_only=True)
class AddressTrace:
    """
    Everything known of an address: the person (None if nobody has it now), what keeps it from being
    mailed, and the deliveries, newest issue first.
    """

    address: str
    person: Subscriber | None
    suppressions: Sequence[Suppression]
    deliveries: Sequence[DeliveryTrace]


def trace(
    connection: sa.Connection, address: Address, *, issue_id: int | None = None
) -> AddressTrace:
    """
    Trace what happened to *address*, in one issue or in the latest ones that concern it.

    Raises:
        NotFound: nothing is known of the address, or there is no such issue.
    """
    person = _person(connection, address)
    suppressions = suppressions_of(connection, address)
    who = Who(email_key=address.key, subscriber_id=person.id if person else None)
    numbers = [issue_id] if issue_id else history.issues_around(connection, who, limit=MOST)
    deliveries = [
        _trace_in(connection, issues.load_issue(connection, number), who, person)
        for number in numbers
    ]
    if issue_id is None:
        deliveries = [delivery for delivery in deliveries if delivery.rule != NO_LIST]
    if person is None and not suppressions and not any(delivery.entry for delivery in deliveries):
        raise NotFound(f"nothing is known of {address.email}: is it spelt like that?")
    return AddressTrace(
        address=address.email, person=person, suppressions=suppressions, deliveries=deliveries
    )


def _person(connection: sa.Connection, address: Address) -> Subscriber | None:
    try:
        return subscriber_by_address(connection, address)
    except UnknownSubscriber:
        return None


def _trace_in(
    connection: sa.Connection, issue: Issue, who: Who, person: Subscriber | None
) -> DeliveryTrace:
    frozen = history.frozen_at(connection, issue.id)
    outcome, rule, words, entry, reported = "", "", "", None, Outcome()
    if frozen is None:
        outcome, rule, words = _before_freeze(connection, issue, who)
    elif (entry := history.entry_in(connection, issue.id, who)) is not None:
        outcome, rule = entry.state.value, entry.reason or entry.batch_reason
        reported = outcomes.outcome_of(connection, entry.delivery_id)
        words = "; ".join([_delivery_words(connection, issue, entry), *_event_words(reported)])
    elif (left_out := history.exclusion_in(connection, issue.id, who)) is not None:
        outcome, rule, words = (
            "excluded",
            left_out,
            f"left out at the freeze: {describe_reason(left_out)}",
        )
    else:
        outcome, rule = "not in the audience", _absence(issue, person, frozen)
        words = f"not in the audience: {rule}"
    return DeliveryTrace(
        issue=issue,
        subject=subject_of(connection, issue),
        outcome=outcome,
        rule=rule,
        words=words,
        frozen_at=frozen,
        entry=entry,
        reported=reported,
    )


def subject_of(connection: sa.Connection, issue: Issue) -> str | None:
    """
    The subject the issue was frozen with, its merge fields as staff type them; before that what
    staff typed.
    """
    frozen = freezing.load_mail(connection, issue.id)
    if frozen is None:
        return issue.subject
    mail, _ = frozen
    return unmark_fields(mail.subject, mail.fields, mail.nonce)


def _delivery_words(connection: sa.Connection, issue: Issue, entry: DeliveryEntry) -> str:
    when = f" on {_moment(entry.handed_at)}" if entry.handed_at else ""
    if entry.settled_by is SettledBy.PERSON:
        return (
            f"handed to {entry.provider}{when}; nobody knew whether it was accepted, and a person "
            f"called it {entry.state}"
        )
    match entry.state:
        case DeliveryState.ACCEPTED:
            return f"accepted by {entry.provider}, handed over{when}"
        case DeliveryState.REJECTED:
            return f"turned down by {entry.provider}{when}: {entry.reason}"
        case DeliveryState.SKIPPED:
            return f"left out at the hand-over: {describe_reason(entry.reason)}"
        case DeliveryState.CANCELLED:
            return "the issue was cancelled before it was handed over to them"
        case DeliveryState.UNCERTAIN:
            why = entry.reason or entry.batch_reason
            return (
                f"handed to {entry.provider}{when}, and nobody knows whether it was accepted: {why}"
            )
    return _pending_words(connection, issue, entry)


def _event_words(reported: Outcome) -> list[str]:
    """
    Describe what the provider reported since, in the order it happened.
    """
    events = sorted((at, IN_WORDS[kind], kind) for kind, at in reported.first_seen.items())
    return [
        f"{words} on {_moment(at)}" + (f" ({reported.detail})" if kind is reported.bounce else "")
        for at, words, kind in events
    ]


def _pending_words(connection: sa.Connection, issue: Issue, entry: DeliveryEntry) -> str:
    if entry.batch_state is BatchState.SUBMITTING:
        return f"being handed over since {_moment(entry.handed_at)}"
    stopped = kill_switch.active_stop(connection)
    if stopped is not None:
        return f"not handed over yet: {stopped}"
    if issue.state is IssueState.PAUSED:
        return f"not handed over yet: the issue is paused ({issue.pause_reason})"
    if entry.batch_state is BatchState.WAITING:
        why = entry.batch_reason or "the time of day of these readers"
        return f"not handed over yet: waits until {_moment(entry.not_before)} ({why})"
    return "not handed over yet"


def _before_freeze(connection: sa.Connection, issue: Issue, who: Who) -> tuple[str, str, str]:
    """
    Return what would happen to them if the issue were frozen now.
    """
    state = f"the issue is {issue.state}, and not frozen yet"
    if issue.state is IssueState.CANCELLED:
        return "not in the audience", "cancelled", "the issue was cancelled before it was frozen"
    try:
        lists, minus = audience_lists(connection, issue.audience)
    except SubscribersError as error:
        return "would be left out", str(error), f"{state}: {error}"
    alone = sa.select(sa.literal(who.subscriber_id).label("subscriber_id"))
    if connection.execute(select_audience(lists, minus, among=alone)).first() is not None:
        return "would get it", "", f"{state}: they would get it"
    found = connection.execute(select_excluded(lists, minus, among=alone)).first()
    rule = found.reason if found is not None and who.subscriber_id else NO_LIST
    return "would be left out", rule, f"{state}: they would be left out, {describe_reason(rule)}"


NO_LIST = "on none of its lists"


def _absence(issue: Issue, person: Subscriber | None, frozen: dt.datetime) -> str:
    """
    Return why a frozen issue has neither a delivery nor an exclusion of the person.
    """
    if issue.kind is not IssueKind.ISSUE:
        return "it went to typed addresses alone"
    slugs = issue.audience.lists
    theirs = [s for s in person.subscriptions if s.list_slug in slugs] if person else []
    if not theirs:
        return NO_LIST
    reasons = [_absence_on(subscription, frozen) for subscription in theirs]
    if issue.audience.sent_to_issue is not None:
        reasons.append(f"it went only to those who got issue {issue.audience.sent_to_issue}")
    return "; ".join(reasons)


def _absence_on(theirs: Subscription, frozen: dt.datetime) -> str:
    slug, since = theirs.list_slug, f"on {_moment(theirs.since)}"
    if theirs.created_at > frozen:
        return f"joined {slug} after the freeze, on {_moment(theirs.created_at)}"
    if theirs.state is SubscriptionState.ENDED and theirs.since <= frozen:
        return f"had left {slug} before the freeze, {since} ({theirs.ended_reason or 'no reason'})"
    if theirs.since > frozen:
        return f"was not active on {slug} at the freeze; {theirs.state} only {since}"
    return f"is {theirs.state} on {slug} {since}"


def describe_reason(rule: str) -> str:
    """
    Return what a reason of the ledger means, for a person to read; any other text as it is.
    """
    reason = parse_reason(rule)
    if reason is None:
        return rule
    detail = reason.detail
    return {
        ExclusionKind.ERASED: "the person was erased",
        ExclusionKind.SUPPRESSED: f"the address is never mailed ({detail})",
        ExclusionKind.MINUS_LIST: f"they are on {detail}, which the issue leaves out",
        ExclusionKind.PENDING: "the subscription was not confirmed",
        ExclusionKind.ENDED: f"the subscription had ended ({detail or 'no reason'})",
        ExclusionKind.NOT_SUBSCRIBED: "the subscription had ended (removed)",
    }[reason.kind]


def _moment(at: dt.datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "an unknown time"
