"""
Trace why somebody did or did not get an issue: what happened, and the rule behind it.

Everything comes from the deliveries, the exclusions and the subscriptions; nothing is guessed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from newsletter.delivery.freeze import audience_lists
from newsletter.delivery.trace_words import (
    describe_absence,
    describe_delivery,
    describe_events,
    describe_reason,
)
from newsletter.errors import NotFound, Refused
from newsletter.mail.merge.fields import unmark_fields
from newsletter.model.delivery import DeliveryState
from newsletter.model.event import Outcome
from newsletter.model.issue import EDITABLE, Issue, IssueKind, IssueState
from newsletter.store.delivery import freeze
from newsletter.store.delivery import trace as history
from newsletter.store.delivery.segments.rules import segment_of
from newsletter.store.delivery.trace import DeliveryEntry, Who
from newsletter.store.events import outcomes
from newsletter.store.issues import issues
from subscribers.audience.exclusions import select_excluded
from subscribers.audience.selection import select_audience
from subscribers.errors import SubscribersError, UnknownSubscriber
from subscribers.model import Subscriber
from subscribers.people import subscriber_by_address
from subscribers.suppression.model import Suppression
from subscribers.suppression.records import suppressions_of
from subscribers.text.phrases import Phrase, joined, phrase
from subscribers.validation.address import Address, parse_address

# How many of the latest issues are traced when no issue is named.
MOST = 20


@dataclass(frozen=True, kw_only=True)
class DeliveryTrace:
    """
    What happened to one person in one issue. `outcome` is the delivery's state, `excluded` or `not
    in the audience`, before the freeze `would get it` or `would be excluded`. `rule` is the stored
    reason and `words` describes it. `reported` is what the provider has reported since.
    `is_on_no_list`: the person is on none of the issue's lists.
    """

    issue: Issue
    outcome: str
    rule: str
    words: str
    subject: str | None = None
    frozen_at: dt.datetime | None = None
    entry: DeliveryEntry | None = None
    reported: Outcome = field(default_factory=Outcome)
    is_on_no_list: bool = False


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
    connection: sa.Connection,
    address: Address,
    *,
    issue_id: int | None = None,
    now: dt.datetime,
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
    concerned = [issues.load_issue(connection, number) for number in numbers]
    deliveries = [
        replace(delivery, subject=subject_of(connection, issue))
        for issue in concerned
        for delivery in _trace_in(connection, issue, who, person, now=now)
    ]
    if issue_id is None:
        deliveries = [delivery for delivery in deliveries if not delivery.is_on_no_list]
    if person is None and not suppressions and not any(delivery.entry for delivery in deliveries):
        raise NotFound(
            phrase("nothing is known about {address}: check the spelling", address=address.email)
        )
    return AddressTrace(
        address=address.email, person=person, suppressions=suppressions, deliveries=deliveries
    )


def trace_person(
    connection: sa.Connection, person: Subscriber, issue_id: int, *, now: dt.datetime
) -> list[DeliveryTrace]:
    """
    Trace what happened to *person* in one issue, without its subject, which is in the whole mail.

    Raises:
        NotFound: there is no such issue.
    """
    assert person.email is not None
    who = Who(email_key=parse_address(person.email).key, subscriber_id=person.id)
    return _trace_in(connection, issues.load_issue(connection, issue_id), who, person, now=now)


def _person(connection: sa.Connection, address: Address) -> Subscriber | None:
    try:
        return subscriber_by_address(connection, address)
    except UnknownSubscriber:
        return None


@dataclass(frozen=True, kw_only=True)
class _Finding:
    """
    What happened to a person in one issue. `is_on_no_list`: the issue does not concern them.
    """

    outcome: str
    rule: str
    words: str
    entry: DeliveryEntry | None = None
    reported: Outcome = field(default_factory=Outcome)
    is_on_no_list: bool = False


def _trace_in(
    connection: sa.Connection,
    issue: Issue,
    who: Who,
    person: Subscriber | None,
    *,
    now: dt.datetime,
) -> list[DeliveryTrace]:
    frozen = history.frozen_at(connection, issue.id)
    if frozen is None:
        findings = [_before_freeze(connection, issue, who, now=now)]
    else:
        findings = _since_freeze(connection, issue, who, person, frozen)
    return [DeliveryTrace(issue=issue, frozen_at=frozen, **vars(finding)) for finding in findings]


def _since_freeze(
    connection: sa.Connection,
    issue: Issue,
    who: Who,
    person: Subscriber | None,
    frozen: dt.datetime,
) -> list[_Finding]:
    entries = history.entries_in(connection, issue.id, who)
    if entries:
        return [_of_entry(connection, issue, entry) for entry in entries]
    left_out = history.exclusion_in(connection, issue.id, who)
    if left_out is not None:
        words = phrase(
            "Not sent: they were left out when sending began, because {reason}.",
            reason=describe_reason(left_out),
        )
        return [_Finding(outcome=phrase("excluded"), rule=left_out, words=words)]
    return [_absence(issue, person, frozen)]


def _of_entry(connection: sa.Connection, issue: Issue, entry: DeliveryEntry) -> _Finding:
    reported = outcomes.outcome_of(connection, entry.delivery_id)
    is_accepted = entry.state is DeliveryState.ACCEPTED
    followed = describe_events(reported, is_accepted=is_accepted)
    return _Finding(
        outcome=Phrase(entry.state.value, {}),
        rule=entry.reason or entry.batch_reason,
        words=joined(" ", [describe_delivery(connection, issue, entry), *followed]),
        entry=entry,
        reported=reported,
    )


def subject_of(connection: sa.Connection, issue: Issue) -> str | None:
    """
    Return the subject the issue was frozen with, its merge fields written as staff type them.
    Before the freeze, return the subject that staff typed.
    """
    frozen = None if issue.state in EDITABLE else freeze.load_mail(connection, issue.id)
    if frozen is None:
        return issue.subject
    mail, _ = frozen
    return unmark_fields(mail.subject, mail.fields, mail.nonce)


def _before_freeze(
    connection: sa.Connection, issue: Issue, who: Who, *, now: dt.datetime
) -> _Finding:
    """
    Return what would happen to the person if the issue were frozen now.
    """
    is_draft = issue.state is IssueState.DRAFT
    state = phrase(
        "Not sent yet: the issue is {state}.", state=phrase("a draft") if is_draft else issue.state
    )
    if issue.state is IssueState.CANCELLED:
        words = phrase("Not sent: the issue was cancelled before it was sent.")
        return _Finding(outcome=phrase("not in the audience"), rule="cancelled", words=words)
    try:
        lists, minus = audience_lists(connection, issue.audience)
        segment = segment_of(connection, issue.audience, now=now)
    except (SubscribersError, Refused) as error:
        words = joined(" ", [state, str(error)])
        return _Finding(outcome=phrase("would be excluded"), rule=str(error), words=words)
    them = sa.select(sa.literal(who.subscriber_id).label("subscriber_id"))
    cadences = issue.audience.counted_cadences
    conditions: dict[str, Any] = {
        "now": now,
        "cadences": cadences,
        "among": them,
        "segment": segment,
    }
    if connection.execute(select_audience(lists, minus, **conditions)).first() is not None:
        return _Finding(
            outcome=phrase("would get it"),
            rule="",
            words=phrase("{state} If it were sent now, they would get it.", state=state),
        )
    found = connection.execute(select_excluded(lists, minus, **conditions)).first()
    is_on_no_list = found is None or not who.subscriber_id
    rule = found.reason if found is not None and who.subscriber_id else NO_LIST
    return _Finding(
        outcome=phrase("would be excluded"),
        rule=rule,
        words=phrase(
            "{state} If it were sent now, they would be left out, because {reason}.",
            state=state,
            reason=describe_reason(rule),
        ),
        is_on_no_list=is_on_no_list,
    )


NO_LIST = phrase("they are on none of its lists")


def _absence(issue: Issue, person: Subscriber | None, frozen: dt.datetime) -> _Finding:
    """
    Return why a frozen issue has neither a delivery nor an exclusion of the person.
    """
    slugs = issue.audience.lists
    theirs = [s for s in person.subscriptions if s.list_slug in slugs] if person else []
    is_on_no_list = issue.kind is IssueKind.ISSUE and not theirs
    if issue.kind is not IssueKind.ISSUE and issue.audience.addresses:
        rule = phrase("it was sent to typed addresses only")
    elif issue.kind is not IssueKind.ISSUE:
        rule = phrase("it is sent only to people whose own request or subscription it is about")
    elif is_on_no_list:
        rule = NO_LIST
    else:
        counted = issue.audience.counted_cadences
        reasons = [describe_absence(subscription, frozen, counted) for subscription in theirs]
        if issue.audience.sent_to_issue is not None:
            reasons.append(
                phrase(
                    "it was sent only to readers of issue {issue}",
                    issue=issue.audience.sent_to_issue,
                )
            )
        rule = joined("; ", reasons)
    return _Finding(
        outcome=phrase("not in the audience"),
        rule=rule,
        words=phrase("Not sent, because {rule}.", rule=rule),
        is_on_no_list=is_on_no_list,
    )
