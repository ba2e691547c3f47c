"""
Write the events about issues, briefs and exports, for outgoing webhooks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from newsletter.model.issue import AudienceRule, Issue, IssueKind, IssueState
from newsletter.model.outgoing import OutgoingEvent, OutgoingKind
from newsletter.model.schedule import Schedule, SlotOutcome
from newsletter.store.outgoing.events import add_events, webhook_filters
from newsletter.store.outgoing.people import slugs_of
from newsletter.store.tables import issue, list_settings
from subscribers.database.tables import mailing_list
from subscribers.import_export.import_policy import RowOutcome
from subscribers.import_export.jobs.model import FileJob, JobKind

# What is sent of what an import counted.
_ROWS = tuple(outcome.value for outcome in RowOutcome)
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
    add_issue_event(connection, OutgoingKind.ISSUE_PAUSED, issue_id, now=now, reason=reason)


def add_issue_event(
    connection: sa.Connection,
    kind: OutgoingKind,
    issue_id: int,
    *,
    now: dt.datetime,
    **data: str | None,
) -> None:
    """
    Write that something happened to an issue, with *data* about it.
    """
    filters = webhook_filters(connection, {kind})
    found = _issue(connection, issue_id) if filters else None
    if found is None:
        return
    audience = AudienceRule.from_json(found.audience)
    values = {"issue_id": issue_id, "lists": list(audience.lists), **data}
    lists = _list_ids(connection, audience)
    event = _about(kind, issue_id, values, lists=lists)
    add_events(connection, [event], filters, now=now)


def add_approval_needed_event(
    connection: sa.Connection, waiting: Issue, *, now: dt.datetime
) -> None:
    """
    Write that a draft waits for an approval: a schedule made it, or it or one of its lists requires
    one. Write nothing if it waits for none.
    """
    kind = OutgoingKind.ISSUE_APPROVAL_NEEDED
    if waiting.state is not IssueState.DRAFT or waiting.kind is not IssueKind.ISSUE:
        return
    if not webhook_filters(connection, {kind}):
        return
    strict = sa.select(list_settings.c.list_id).where(
        list_settings.c.needs_approval,
        list_settings.c.list_id.in_(_list_ids(connection, waiting.audience)),
    )
    is_waiting = waiting.needs_approval or waiting.schedule_id is not None
    if is_waiting or connection.execute(strict).first():
        deadline = waiting.deadline.isoformat() if waiting.deadline else None
        add_issue_event(connection, kind, waiting.id, now=now, deadline=deadline)


def add_skipped_event(
    connection: sa.Connection,
    rule: Schedule,
    wall: str,
    *,
    outcome: SlotOutcome,
    reason: str,
    now: dt.datetime,
) -> None:
    """
    Write that a run of a schedule made no issue, because it was skipped or failed.
    """
    kind = OutgoingKind.SCHEDULE_SKIPPED
    filters = webhook_filters(connection, {kind})
    if not filters:
        return
    data = {
        "schedule": rule.name,
        "run": wall,
        "lists": list(rule.audience.lists),
        "outcome": outcome.value,
        "reason": reason,
    }
    lists = _list_ids(connection, rule.audience)
    event = OutgoingEvent(kind=kind, subject=f"s{rule.id}", data=data, lists=lists)
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


def add_import_event(connection: sa.Connection, job: FileJob, now: dt.datetime) -> None:
    """
    Write that an import has ended, and what came of its rows: the only event about the people whom
    it changed.
    """
    kind = OutgoingKind.IMPORT_FINISHED
    filters = webhook_filters(connection, {kind}) if job.kind is JobKind.IMPORT else []
    if not filters or job.list_id is None:
        return
    data = {
        "import_id": job.id,
        "list": job.list_slug,
        "state": job.state.value,
        "rows": {name: job.counts.get(name, 0) for name in _ROWS},
    }
    lists = frozenset({job.list_id})
    event = OutgoingEvent(kind=kind, subject=f"j{job.id}", data=data, lists=lists)
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
