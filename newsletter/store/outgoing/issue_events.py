"""
Write the events about issues, briefs and exports, for outgoing webhooks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from newsletter.model.issue import AudienceRule, IssueKind
from newsletter.model.outgoing import OutgoingEvent, OutgoingKind
from newsletter.store.outgoing.events import add_events, webhook_filters
from newsletter.store.outgoing.people import slugs_of
from newsletter.store.tables import issue
from subscribers.database.tables import mailing_list

_SUBMITTED = frozenset({OutgoingKind.ISSUE_SUBMITTED, OutgoingKind.ISSUE_CORRECTED})


def add_submitted_events(connection: sa.Connection, issue_id: int, *, now: dt.datetime) -> None:
    """
    Write that the issue is submitted and, if it is a correction, that another is corrected.
    """
    filters = webhook_filters(connection, _SUBMITTED)
    found = _issue(connection, issue_id) if filters else None
    if found is None:
        return
    audience = AudienceRule.from_json(found.audience)
    lists = _list_ids(connection, audience)
    data = {"issue_id": issue_id, "lists": list(audience.lists)}
    events = [_about(OutgoingKind.ISSUE_SUBMITTED, issue_id, data, lists=lists)]
    corrected = audience.sent_to_issue
    if corrected is not None:
        data = {"issue_id": corrected, "correction_id": issue_id, "lists": list(audience.lists)}
        events.append(_about(OutgoingKind.ISSUE_CORRECTED, corrected, data, lists=lists))
    add_events(connection, events, filters, now=now)


def add_paused_event(
    connection: sa.Connection, issue_id: int, *, reason: str, now: dt.datetime
) -> None:
    """
    Write that the issue is paused.
    """
    filters = webhook_filters(connection, {OutgoingKind.ISSUE_PAUSED})
    found = _issue(connection, issue_id) if filters else None
    if found is None:
        return
    audience = AudienceRule.from_json(found.audience)
    data = {"issue_id": issue_id, "lists": list(audience.lists), "reason": reason}
    lists = _list_ids(connection, audience)
    event = _about(OutgoingKind.ISSUE_PAUSED, issue_id, data, lists=lists)
    add_events(connection, [event], filters, now=now)


def add_collected_events(
    connection: sa.Connection, briefs: Iterable[dict[str, Any]], *, now: dt.datetime
) -> None:
    """
    Write that briefs were stored; each is given as what is sent about it. Briefs belong to no list,
    so these events only go to webhooks without a limit.
    """
    kind = OutgoingKind.BRIEF_COLLECTED
    filters = webhook_filters(connection, {kind})
    if filters:
        events = [
            OutgoingEvent(kind=kind, subject=f"b{brief['brief_id']}", data=brief)
            for brief in briefs
        ]
        add_events(connection, events, filters, now=now)


def add_export_event(
    connection: sa.Connection,
    number: int,
    *,
    people: int,
    list_id: int | None,
    now: dt.datetime,
) -> None:
    """
    Write that the file of an export of so many people is ready. *list_id* is None for all lists.
    """
    kind = OutgoingKind.EXPORT_READY
    filters = webhook_filters(connection, {kind})
    if not filters:
        return
    lists = frozenset[int]() if list_id is None else frozenset({list_id})
    slug = slugs_of(connection, lists).get(list_id or 0)
    data = {"export_id": number, "list": slug, "people": people}
    event = OutgoingEvent(kind=kind, subject=f"x{number}", data=data, lists=lists)
    add_events(connection, [event], filters, now=now)


def _issue(connection: sa.Connection, issue_id: int) -> sa.Row[Any] | None:
    """
    Return the audience of an issue; None if it is a test mail or a notice.
    """
    is_issue = sa.and_(issue.c.id == issue_id, issue.c.kind == IssueKind.ISSUE)
    return connection.execute(sa.select(issue.c.audience).where(is_issue)).one_or_none()


def _list_ids(connection: sa.Connection, audience: AudienceRule) -> frozenset[int]:
    named = sa.select(mailing_list.c.id).where(mailing_list.c.slug.in_(audience.lists))
    return frozenset(connection.scalars(named))


def _about(
    kind: OutgoingKind, issue_id: int, data: dict[str, Any], *, lists: frozenset[int]
) -> OutgoingEvent:
    return OutgoingEvent(kind=kind, subject=f"i{issue_id}", data=data, lists=lists)
