"""
Send an issue again to people whom somebody named: it was rejected or skipped, or they ask for it.

The mail is the one that was frozen. Each delivery is a new one, on the next occasion of its reader,
and is sent as any other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.delivery.freeze import audience_lists, fields_still_shown
from newsletter.delivery.trace_words import describe_reason
from newsletter.errors import Refused
from newsletter.mail.merge.fields import declared_fields_of
from newsletter.model.delivery import DeliveryState
from newsletter.model.issue import Issue, IssueKind, IssueState
from newsletter.model.mail import Mail
from newsletter.store.delivery.appending import NamedRecipient
from newsletter.store.delivery.finish import is_resending
from newsletter.store.delivery.trace import Who, entries_in
from newsletter.store.epochs import known_epoch
from newsletter.store.issues.list_holds import require_not_held
from subscribers.audience.exclusion_reason import ExclusionKind, parse_reason
from subscribers.audience.exclusions import select_excluded
from subscribers.audience.selection import select_audience
from subscribers.database.tables import subscriber
from subscribers.fields.merge_values import select_as_json
from subscribers.model import MailingList
from subscribers.people import subscriber_by_address
from subscribers.text.phrases import joined, phrase
from subscribers.validation.address import Address


@dataclass(frozen=True, kw_only=True)
class Resending:
    """
    The people who are to be sent an issue again, and the addresses of those who have accepted it
    before.
    """

    recipients: Sequence[NamedRecipient]
    accepted: Sequence[str] = ()


def plan_resend(
    connection: sa.Connection,
    issue: Issue,
    mail: Mail,
    addresses: Sequence[Address],
    *,
    now: dt.datetime,
) -> Resending:
    """
    Return who would get the issue again, through the first of its lists that may mail them. Nothing
    is written.

    Raises:
        Refused: the issue was not sent, one of its lists is held, or somebody may not get it again;
            the line says who and why.
        UnknownSubscriber: nobody has one of the addresses.
        UnknownList: a list of the issue no longer exists.
    """
    _require_sent(connection, issue)
    require_not_held(connection, issue.audience.lists)
    people = {
        subscriber_by_address(connection, address).id: address
        for address in {address.key: address for address in addresses}.values()
    }
    states = {
        number: _states_of(connection, issue, Who(email_key=address.key, subscriber_id=number))
        for number, address in people.items()
    }
    open_states = (DeliveryState.UNCERTAIN, DeliveryState.PENDING)
    uncertain = [
        people[number].email for number, found in states.items() if found & set(open_states)
    ]
    if uncertain:
        raise Refused(
            phrase(
                "whether {uncertain} got issue {issue} is uncertain: look in the "
                "provider's console, and record it with `newsletter issue resolve "
                "{issue}` first",
                uncertain=", ".join(uncertain),
                issue=issue.id,
            )
        )
    lists, _ = audience_lists(connection, issue.audience)
    recipients = _mailable(connection, mail, lists, list(people), now=now)
    reached = {who.subscriber_id for who in recipients}
    refused = [number for number in people if number not in reached]
    if refused:
        why = _why_not(connection, lists, refused, now=now)
        named = joined(
            "; ", [joined(": ", [people[number].email, why[number]]) for number in refused]
        )
        raise Refused(
            phrase("issue {issue} cannot be sent again to {named}", issue=issue.id, named=named)
        )
    accepted = [
        people[number].email for number, found in states.items() if DeliveryState.ACCEPTED in found
    ]
    return Resending(recipients=recipients, accepted=accepted)


def _require_sent(connection: sa.Connection, issue: Issue) -> None:
    if issue.kind is not IssueKind.ISSUE:
        raise Refused(
            phrase(
                "issue {issue} is a {kind}: only issues can be sent again",
                issue=issue.id,
                kind=issue.kind,
            )
        )
    if issue.state is not IssueState.SUBMITTED:
        way_out = phrase("see `newsletter issue status {issue}`", issue=issue.id)
        if is_resending(connection, issue.id):
            way_out = phrase(
                "it is being sent again to others: let `newsletter serve` finish that, or "
                "end it with `newsletter issue cancel {issue}`",
                issue=issue.id,
            )
        raise Refused(
            phrase(
                "issue {issue} is {state}: only one that is submitted can be sent again; {way_out}",
                issue=issue.id,
                state=issue.state,
                way_out=way_out,
            )
        )
    if issue.frozen_epoch != known_epoch(connection):
        # The keys of calls that the lost database made are not known, and would be used again.
        raise Refused(
            phrase(
                "issue {issue} was sent before the database was restored or moved: send "
                "what it says as a new issue, with `newsletter issue duplicate {issue}`",
                issue=issue.id,
            )
        )


def _states_of(connection: sa.Connection, issue: Issue, who: Who) -> set[DeliveryState]:
    return {entry.state for entry in entries_in(connection, issue.id, who)}


def _mailable(
    connection: sa.Connection,
    mail: Mail,
    lists: Sequence[MailingList],
    numbers: Sequence[int],
    *,
    now: dt.datetime,
) -> list[NamedRecipient]:
    """
    Select those of the people *numbers* whom one of *lists* may mail now. Cadences, the segment of
    the issue, and lists that it leaves out do not matter, because each of the people was named.
    """
    people = select_audience(lists, (), now=now, among=_among(numbers)).subquery()
    # Where a field was removed or declared anew since, its fallback is shown.
    fields = fields_still_shown(connection, declared_fields_of(mail))
    values = (
        select_as_json(connection, fields, people.c.subscriber_id) if fields else sa.null()
    ).label("merge_values")
    columns = [people.c[name] for name in NamedRecipient._fields if name != "merge_values"]
    rows = connection.execute(sa.select(*columns, values).order_by(people.c.subscriber_id))
    return [NamedRecipient(**row._mapping) for row in rows]


def _why_not(
    connection: sa.Connection,
    lists: Sequence[MailingList],
    numbers: Sequence[int],
    *,
    now: dt.datetime,
) -> dict[int, str]:
    found = connection.execute(select_excluded(lists, (), now=now, among=_among(numbers)))
    reasons = {row.subscriber_id: row.reason for row in found}
    return {number: _in_words(reasons.get(number, "")) for number in numbers}


def _in_words(rule: str) -> str:
    reason = parse_reason(rule)
    if reason is None or reason.kind is ExclusionKind.NOT_SUBSCRIBED:
        return phrase("they are on none of its lists")
    return describe_reason(rule)


def _among(numbers: Sequence[int]) -> sa.Select[tuple[int]]:
    return sa.select(subscriber.c.id.label("subscriber_id")).where(subscriber.c.id.in_(numbers))
