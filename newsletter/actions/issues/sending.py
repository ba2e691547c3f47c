"""
The actions that send an issue in one request, which `issue send` asks a person step by step, and
that give a scheduled one another time.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

from newsletter.actions.guard.objects import the_issue
from newsletter.actions.guard.requires import requires
from newsletter.actions.issues import issue_delivery
from newsletter.app import App
from newsletter.errors import NewsletterError, Refused
from newsletter.issues.approval import ChangedSinceReview
from newsletter.issues.preflight import SendCheck
from newsletter.issues.release_conditions.approved_content import approval_hash
from newsletter.model import issue_refusals
from newsletter.model.access import Actor, Permission
from newsletter.model.issue import EDITABLE, IssueState
from newsletter.model.outgoing import OutgoingKind
from newsletter.model.timing import Timing
from newsletter.scheduling.local_times import format_time, parse_time
from newsletter.store.delivery.segments.rules import with_segment_rule
from newsletter.store.flow_control.quiet_hours import set_timing
from newsletter.store.issues.issues import load_issue
from newsletter.store.issues.reviews import reschedule_issue
from newsletter.store.outgoing.issue_events import add_issue_event
from subscribers.text.phrases import phrase


@requires(
    Permission.ISSUES_SEND, "issue.send_at_once", about=the_issue(), in_steps=True, audited=False
)
def send_at_once(
    app: App,
    issue_id: int,
    *,
    at: dt.datetime | None = None,
    override_reason: str | None = None,
    ignore_quiet: bool = False,
    fallback_provider: str | None = None,
    shown_sha256: str | None = None,
    by: Actor,
) -> None:
    """
    Render and check an issue, then freeze it for now or schedule it for *at*. For one that is being
    sent, *ignore_quiet* ends its wait for quiet hours. *shown_sha256* is what the person was shown.

    Raises:
        NotFound: there is no such issue.
        ChangedSinceReview: it is no longer what was shown.
        Refused: *at* has passed, a check found an error or warnings without a reason, it has no
            readers or lacks an approval, or it was sent already.
        SettingsError: the fallback provider cannot continue what the provider of the issue began.
    """
    request = issue_delivery.prepare_send(
        app,
        issue_id,
        at=at.isoformat() if at is not None else None,
        fallback_provider=fallback_provider,
        ignore_quiet=ignore_quiet,
        by=by,
    )
    if request.issue.state is IssueState.SENDING:
        if not ignore_quiet:
            raise Refused(phrase("issue {issue} is already being sent", issue=issue_id))
        issue_delivery.end_quiet_wait(app, issue_id, by=by)
        return
    check = issue_delivery.check_before_send(app, request.issue, by=by)
    if shown_sha256 is not None:
        _require_shown(app, check, shown_sha256)
    issue_delivery.send(
        app,
        check,
        at=request.at,
        override_reason=override_reason,
        ignore_quiet=ignore_quiet,
        by=by,
    )


@requires(Permission.ISSUES_SEND, "issue.reschedule", about=the_issue())
def reschedule(app: App, issue_id: int, *, at: str, by: Actor) -> dt.datetime:
    """
    Let a scheduled issue be sent at another time, which is written as `local_times.parse_time`
    reads it, and return it. An approval covers what is sent to whom, not when, so it stays.

    Raises:
        NotFound: there is no such issue.
        InvalidValue: *at* is not a time.
        Refused: *at* has passed, or the issue is not scheduled.
    """
    zone = issue_delivery.timezone_of(app, issue_id, by=by)
    when = parse_time(at, now=app.clock(), timezone=zone)
    if when <= app.clock():
        raise Refused(issue_refusals.time_has_passed(format_time(when, zone)))
    with app.database.write() as connection:
        if not reschedule_issue(connection, issue_id, when):
            state = load_issue(connection, issue_id).state
            raise Refused(issue_refusals.has_no_time(issue_id, state))
        kind, send_at = OutgoingKind.ISSUE_SCHEDULED, when.isoformat()
        add_issue_event(connection, kind, issue_id, now=app.clock(), send_at=send_at)
    return when


def _require_shown(app: App, check: SendCheck, shown_sha256: str) -> None:
    with app.database.read() as connection:
        rule = with_segment_rule(connection, check.issue.audience)
    if check.rendered is None or approval_hash(check.rendered.mail, rule) != shown_sha256:
        raise ChangedSinceReview(issue_refusals.changed_since_opened(check.issue.id))


@requires(
    Permission.ISSUES_SEND,
    "issue.send_by_clock",
    about=the_issue(),
    in_steps=True,
    records_refusals=True,
)
def send_by_clock(
    app: App,
    issue_id: int,
    *,
    wall: dt.datetime,
    override_reason: str | None = None,
    ignore_quiet: bool = False,
    shown_sha256: str | None = None,
    by: Actor,
) -> None:
    """
    Freeze an issue now, so that each reader gets it when their own clock shows *wall*, a local
    time. Those whose time has passed get it at once.

    Raises:
        NotFound: there is no such issue.
        ChangedSinceReview: it is no longer what was shown.
        Refused: as for `send_at_once`.
    """
    with _following_each_clock(app, issue_id, wall, by=by):
        send_at_once(
            app,
            issue_id,
            override_reason=override_reason,
            ignore_quiet=ignore_quiet,
            shown_sha256=shown_sha256,
            by=by,
        )


@contextlib.contextmanager
def _following_each_clock(
    app: App, issue_id: int, wall: dt.datetime, *, by: Actor
) -> Iterator[None]:
    """
    Give an issue the timing of each reader's clock while it is frozen; if that fails, it has the
    timing that it had before.
    """
    zone = issue_delivery.timezone_of(app, issue_id, by=by)
    with app.database.write() as connection:
        issue = load_issue(connection, issue_id)
        before = issue.timing or Timing(timezone=zone)
        timing = replace(before, wall=wall.isoformat(timespec="minutes"))
        set_timing(connection, issue_id, timing, only_in=EDITABLE)
    try:
        yield
    except NewsletterError:
        with app.database.write() as connection:
            set_timing(connection, issue_id, before, only_in=EDITABLE)
        raise
