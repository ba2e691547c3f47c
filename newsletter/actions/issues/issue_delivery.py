"""
Actions on the delivery of an issue: send it or a test of it, pause, resume and cancel it, and
resolve uncertain recipients.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from newsletter import pipeline
from newsletter.actions.guard.objects import the_issue
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.delivery import waves
from newsletter.delivery.freeze import AlreadyFrozen, why_no_readers
from newsletter.errors import NewsletterError, Refused
from newsletter.issues import preflight, release, status
from newsletter.model import issue_refusals
from newsletter.model.access import Actor, Permission
from newsletter.model.delivery import DeliveryState
from newsletter.model.issue import EDITABLE, Issue, IssueKind, IssueState
from newsletter.model.outgoing import OutgoingKind
from newsletter.scheduling.local_times import format_time, parse_time
from newsletter.scheduling.quiet_hours import span_from
from newsletter.store.delivery.finish import cancel_open, end_resending, finish_issue
from newsletter.store.delivery.status.decisions import resolve_uncertain
from newsletter.store.flow_control.quiet_hours import set_ignores_quiet
from newsletter.store.issues.issues import load_issue, move_issue
from newsletter.store.issues.list_settings import (
    AudienceLists,
    lists_of_audience,
    timezone_of_list,
)
from newsletter.store.issues.pauses import pause_issue
from newsletter.store.issues.refused_moves import refused_move
from newsletter.store.outgoing.issue_events import add_issue_event
from subscribers.text.phrases import phrase
from subscribers.validation.address import parse_address


@requires(Permission.ISSUES_SEND, "issue.test", about=the_issue(), in_steps=True)
def send_test(app: App, issue_id: int, addresses: Sequence[str], *, by: Actor) -> int:
    """
    Freeze a test mail of the issue for *addresses*, and return the number of the test.

    Raises:
        InvalidAddress: one of them is not a valid address.
        Refused: there is no address, or a check found an error.
    """
    typed = {address.key: address.email for address in map(parse_address, addresses)}
    return pipeline.queue_test(app.publishing, issue_id, list(typed.values()))


@dataclass(frozen=True, kw_only=True)
class SendRequest:
    """
    An issue that somebody wants to send, and the number of readers it would go to now. `at` is
    when it is to be sent, None for now; in quiet hours, `quiet_until` is when they end.
    """

    issue: Issue
    lists: AudienceLists
    readers: int
    at: dt.datetime | None = None
    quiet_until: dt.datetime | None = None


@requires(Permission.ISSUES_SEND, "issue.prepare_send", about=the_issue())
def prepare_send(
    app: App,
    issue_id: int,
    *,
    at: str | None,
    fallback_provider: str | None,
    ignore_quiet: bool = False,
    by: Actor,
) -> SendRequest:
    """
    Set the issue's fallback provider if one is named, and return what would be sent, if it is to
    *ignore_quiet* hours or not. *at* is a time as `local_times.parse_time` reads it.

    Raises:
        NotFound: there is no such issue.
        InvalidValue: *at* is not a time.
        Refused: *at* has passed, it is a notice, it has no readers, or it was sent or cancelled.
        SettingsError: the fallback provider cannot continue what the provider of the issue began.
    """
    with app.database.read() as connection:
        issue = load_issue(connection, issue_id)
        lists = lists_of_audience(connection, issue.audience.lists, issue.audience.minus)
    when = parse_time(at, now=app.clock(), timezone=lists.timezone) if at is not None else None
    if when is not None and when <= app.clock():
        raise Refused(issue_refusals.is_in_the_past(format_time(when, lists.timezone)))
    _require_sendable(issue, to=IssueState.SCHEDULED if when else IssueState.FREEZING)
    if fallback_provider is not None:
        with app.database.write() as connection:
            release.set_fallback(app.publishing, connection, issue_id, fallback_provider)
            issue = load_issue(connection, issue_id)
    if issue.kind is IssueKind.NOTICE:
        raise Refused(issue_refusals.is_sent_automatically(issue_id))
    with app.database.read() as connection:
        now = app.clock()
        quiet = None if ignore_quiet else _quiet_until(connection, issue, lists, at=when or now)
        readers = status.count_readers(connection, issue, lists=lists, now=now)
        if not readers and issue.kind is IssueKind.ISSUE and issue.state in EDITABLE:
            why = why_no_readers(connection, issue.audience, now=now)
            raise Refused(phrase("issue {issue} has no readers: {why}", issue=issue_id, why=why))
    return SendRequest(issue=issue, lists=lists, readers=readers, at=when, quiet_until=quiet)


def _require_sendable(issue: Issue, *, to: IssueState) -> None:
    """
    Refuse an issue that was sent or cancelled, or is paused. One that is being sent can only be
    continued, not moved *to* SCHEDULED.
    """
    is_continued = issue.state is IssueState.SENDING and to is IssueState.FREEZING
    if issue.state not in (*EDITABLE, IssueState.FREEZING) and not is_continued:
        raise Refused(refused_move(issue.id, issue.state, to))


@requires(Permission.ISSUES_READ, "issue.timezone", about=the_issue())
def timezone_of(app: App, issue_id: int, *, by: Actor) -> str:
    """
    Return the time zone of an issue's first list, in which its times are typed and shown.

    Raises:
        NotFound: there is no such issue.
    """
    with app.database.read() as connection:
        first = load_issue(connection, issue_id).audience.lists[:1]
        return timezone_of_list(connection, first[0]) if first else "UTC"


def _quiet_until(
    connection: sa.Connection, issue: Issue, lists: AudienceLists, *, at: dt.datetime
) -> dt.datetime | None:
    """
    Return when the quiet hours that would delay the issue end, in their own time zone.
    """
    if issue.timing is not None:
        issue = replace(issue, timing=replace(issue.timing, ignores_quiet=False))
    timing = waves.timing_of(connection, issue, lists=lists)
    if timing is None or timing.wall or issue.state not in EDITABLE:
        return None
    start, _ = span_from(timing.kept_quiet, timing.timezone, at)
    return start.astimezone(ZoneInfo(timing.timezone)) if start > at else None


@requires(
    Permission.ISSUES_SEND, "issue.check_before_send", about=the_issue("issue.id"), audited=False
)
def check_before_send(app: App, issue: Issue, *, by: Actor) -> preflight.SendCheck:
    """
    Render and check the issue.

    Raises:
        Refused: it has errors.
    """
    return preflight.check_before_send(app.publishing, issue)


@requires(
    Permission.ISSUES_SEND,
    "issue.send",
    about=the_issue("check.issue.id"),
    in_steps=True,
    records_refusals=True,
)
def send(
    app: App,
    check: preflight.SendCheck,
    *,
    at: dt.datetime | None = None,
    override_reason: str | None = None,
    ignore_quiet: bool = False,
    by: Actor,
) -> None:
    """
    Freeze a checked issue, or schedule it for *at*. *override_reason* is why it is sent with
    warnings. Whether it is to *ignore_quiet* hours is stored only if it is sent.

    Raises:
        Refused: it lacks a valid approval, a check found an error, or it was already sent.
    """
    ignored = check.issue.timing is not None and check.issue.timing.ignores_quiet
    if ignore_quiet == ignored:
        _release(app, check, at=at, override_reason=override_reason)
        return
    with app.database.write() as connection:
        issue = set_ignores_quiet(connection, check.issue, ignores=ignore_quiet)
    rendered = replace(check.rendered, issue=issue) if check.rendered else None
    changed = replace(check, issue=issue, rendered=rendered)
    try:
        _release(app, changed, at=at, override_reason=override_reason)
    except NewsletterError:
        with app.database.write() as connection:
            set_ignores_quiet(connection, issue, ignores=ignored)
        raise


def _release(
    app: App, check: preflight.SendCheck, *, at: dt.datetime | None, override_reason: str | None
) -> None:
    issue, rendered = check.issue, check.rendered
    if at is not None:
        release.schedule_release(
            app.publishing, issue, at, override_reason=override_reason, rendered=rendered
        )
        return
    # Another process may have resumed the issue in the meantime; either way it is being sent.
    with contextlib.suppress(AlreadyFrozen):
        pipeline.publish_issue(
            app.publishing, issue.id, override_reason=override_reason, rendered=rendered
        )


@requires(Permission.ISSUES_SEND, "issue.end_quiet_wait", about=the_issue())
def end_quiet_wait(app: App, issue_id: int, *, by: Actor) -> None:
    """
    Let an issue that is being sent ignore the quiet hours from now on, and end its wait for them.

    Raises:
        NotFound: there is no such issue.
        Refused: it is not being sent.
    """
    with app.database.write() as connection:
        waves.end_quiet_wait(connection, issue_id, now=app.clock())


@requires(Permission.ISSUES_SEND, "issue.pause", about=the_issue())
def pause(app: App, issue_id: int, *, reason: str, by: Actor) -> None:
    """
    Pause the issue: no further batch of it is claimed.

    Raises:
        NotFound: there is no such issue.
        Refused: it is not being sent.
    """
    with app.database.write() as connection:
        pause_issue(connection, issue_id, reason, now=app.clock())


@requires(Permission.ISSUES_SEND, "issue.resume", about=the_issue())
def resume(
    app: App,
    issue_id: int,
    *,
    reason: str | None = None,
    fallback_provider: str | None = None,
    by: Actor,
) -> None:
    """
    Continue a paused issue, or end the canary hold of one that is being sent. Naming a fallback
    provider for an issue that is being sent does nothing else.

    Raises:
        NotFound: there is no such issue.
        Refused: it is not paused, or needs a reason to continue.
        SettingsError: the fallback provider cannot continue what the provider of the issue began.
    """
    with app.database.write() as connection:
        state = IssueState.PAUSED
        if fallback_provider is not None:
            state = release.set_fallback(app.publishing, connection, issue_id, fallback_provider)
        if state is not IssueState.SENDING:
            waves.resume(connection, issue_id, reason=reason, now=app.clock())


@requires(Permission.ISSUES_SEND, "issue.cancel", about=the_issue())
def cancel(app: App, issue_id: int, *, reason: str | None = None, by: Actor) -> None:
    """
    Stop the issue for good, and keep the *reason*. Recipients that were not submitted yet are
    cancelled. An issue that is sent again to somebody stays submitted.

    Raises:
        NotFound: there is no such issue.
        Refused: it is already submitted or cancelled.
    """
    with app.database.write() as connection:
        if end_resending(connection, issue_id, now=app.clock()):
            return
        values: dict[str, Any] = {"pause_reason": reason} if reason else {}
        if load_issue(connection, issue_id).frozen_at is None:
            values["send_at"] = None
        move_issue(connection, issue_id, IssueState.CANCELLED, **values)
        add_issue_event(
            connection,
            OutgoingKind.ISSUE_CANCELLED,
            issue_id,
            now=app.clock(),
            reason=reason or "",
        )
        cancel_open(connection, issue_id, now=app.clock())


@requires(Permission.ISSUES_SEND, "issue.resolve", about=the_issue())
def resolve(app: App, issue_id: int, *, as_state: DeliveryState, by: Actor) -> None:
    """
    Settle the uncertain recipients of the issue as accepted or rejected. Nothing is sent.
    """
    with app.database.write() as connection:
        resolve_uncertain(connection, issue_id, as_state=as_state, now=app.clock())
        finish_issue(connection, issue_id, now=app.clock())
