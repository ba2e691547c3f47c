"""
Plan the waves of an issue: when each part of its frozen audience gets it, by time zone.

The freeze plans them, a worker defers batches that meet quiet hours, resuming an issue ends the
hold of a canary, and a person can end the wait for quiet hours.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from newsletter.errors import Refused
from newsletter.model.issue import Issue, IssueState
from newsletter.model.timing import Timing, Wave
from newsletter.scheduling.quiet_hours import span_from
from newsletter.scheduling.slots import known_zones, slot_at
from newsletter.store.events import issue_reputation
from newsletter.store.flow_control import canary, quiet_hours
from newsletter.store.issues import issues
from newsletter.store.issues.list_holds import require_not_held
from newsletter.store.issues.list_settings import AudienceLists, quiet_hours_of
from newsletter.store.queue.jobs import renew_jobs
from subscribers.text.phrases import phrase

AT_ONCE = (Wave(),)
_Span = tuple[dt.datetime, dt.datetime | None]


def timing_of(
    connection: sa.Connection, issue: Issue, *, lists: AudienceLists | None = None
) -> Timing | None:
    """
    Return the timing of *issue* as a freeze would store it now: without quiet hours of its own it
    keeps those of all its *lists*, which are read unless they are given. Typed addresses have none.
    """
    own = issue.timing
    if issue.audience.addresses or (own is not None and (own.quiet or own.ignores_quiet)):
        return own
    known = lists.quiet_hours if lists else quiet_hours_of(connection, issue.audience.lists)
    quiet = tuple(known)
    if not quiet:
        return own
    if own is None:
        return Timing(timezone=quiet[0].timezone or "UTC", quiet=quiet)
    if own.wall:
        # They follow each reader's clock, as the issue does.
        quiet = tuple(replace(hours, timezone=None) for hours in quiet)
    return replace(own, quiet=quiet)


def plan_waves(
    timing: Timing | None, zones: Sequence[str], *, now: dt.datetime
) -> tuple[Wave, ...]:
    """
    Return the waves of an issue, first to last, for readers in these *zones*. The wave of
    `timing.timezone` takes everybody whose zone is not known, and is the only wave if the issue
    does not follow each reader's clock. A wave whose time has passed is sent at once.
    """
    if timing is None:
        return AT_ONCE
    own = {*known_zones(zones), timing.timezone} if timing.wall else {timing.timezone}
    spans: dict[tuple[dt.datetime, dt.datetime | None, _Span | None], list[str]] = {}
    for zone in sorted(own):
        start, end = _span_in(timing, zone, now)
        # A wave follows one clock, so zones whose next quiet hours differ do not share one.
        following = span_from(timing.kept_quiet, zone, end) if end else None
        spans.setdefault((start, end, following), []).append(zone)
    return tuple(
        Wave(
            zones=tuple(members),
            takes_unknown=timing.timezone in members,
            timezone=timing.timezone if timing.timezone in members else members[0],
            not_before=start if start > now else None,
            not_after=end,
        )
        for (start, end, _), members in sorted(spans.items(), key=lambda span: span[0][0])
    )


def _span_in(timing: Timing, zone: str, now: dt.datetime) -> _Span:
    at = max(now, slot_at(timing.wall, zone).due) if timing.wall else now
    return span_from(timing.kept_quiet, zone, at)


def resume(
    connection: sa.Connection, issue_id: int, *, reason: str | None, now: dt.datetime
) -> None:
    """
    Resume an issue that is paused, or whose readers are held for its canary. If staff paused it
    during the hold, it is held again.

    Raises:
        Refused: it is not paused, one of its lists is held, or it was paused for its bounces or
            complaints and no *reason* is given.
    """
    found = issues.load_issue(connection, issue_id)
    if not found.audience.addresses:
        require_not_held(connection, found.audience.lists)
    is_sending = found.state is IssueState.SENDING
    waits = is_sending and canary.is_holding(connection, issue_id)
    if waits or issue_reputation.resume(connection, issue_id, reason=reason, now=now):
        _end_hold(connection, issue_id, now)
    else:
        canary.extend_hold(connection, now=now)


def _end_hold(connection: sa.Connection, issue_id: int, now: dt.datetime) -> None:
    timing = issues.load_issue(connection, issue_id).timing
    for zone in canary.held_zones(connection, issue_id):
        start, end = _span_in(timing, zone, now) if timing and zone else (now, None)
        canary.end_hold(connection, issue_id, zone, not_before=start, not_after=end)


def end_quiet_wait(connection: sa.Connection, issue_id: int, *, now: dt.datetime) -> None:
    """
    Let an issue that is being sent ignore the quiet hours from now on, and end its wait for them.

    Raises:
        NotFound: there is no such issue.
        Refused: it is not being sent.
    """
    found = issues.load_issue(connection, issue_id)
    timing = replace(found.timing or Timing(timezone="UTC"), ignores_quiet=True)
    if not quiet_hours.set_timing(connection, issue_id, timing, only_in=[IssueState.SENDING]):
        raise Refused(
            phrase(
                "issue {issue} is not being sent: see `newsletter issue show {issue}`",
                issue=issue_id,
            )
        )
    for zone in quiet_hours.zones_of(connection, issue_id):
        start, _ = _span_in(timing, zone, now)
        quiet_hours.end_wait(connection, issue_id, zone, not_before=start, now=now)
    renew_jobs(connection, issue_id)


def defer_in_quiet_hours(connection: sa.Connection, *, now: dt.datetime) -> None:
    """
    Defer batches that reached quiet hours until these end.
    """
    for met in quiet_hours.batches_past(connection, now=now):
        timing = issues.load_issue(connection, met.issue_id).timing
        if timing is None:
            continue
        start, end = span_from(timing.kept_quiet, met.timezone, now)
        quiet_hours.defer(connection, met, not_before=start, not_after=end)
