"""
Claim the events that are due, and record what came of sending them.

Events about one subject go in order: only the first that waits is claimed. Urgent events overtake
bulk ones, which keep a quarter of each claim. A claim is a lease: it moves `next_at` to the time at
which another process may send the event again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.outgoing import ClaimedEvent, OutgoingKind, SendState
from newsletter.store.tables import outgoing_delivery, outgoing_event

_d = outgoing_delivery
_e = outgoing_event
# How many due events are looked at for one claim; those that wait for an earlier one are put off.
LOOKED_AT = 400


@dataclass(frozen=True, kw_only=True)
class SettledEvent:
    """
    What becomes of a claimed event: it ends in `state`, or waits until `next_at`.
    """

    claimed: ClaimedEvent
    state: SendState
    at: dt.datetime
    next_at: dt.datetime | None = None


def claim_events(
    connection: sa.Connection,
    webhook_id: int,
    *,
    limit: int,
    now: dt.datetime,
    lease_until: dt.datetime,
) -> list[ClaimedEvent]:
    """
    Claim up to *limit* events that are due for a webhook: urgent ones first, then in the order of
    their numbers. The webhook has to be locked.
    """
    urgent = _due(connection, webhook_id, sa.not_(_d.c.is_bulk), now=now)
    oldest = _due(connection, webhook_id, sa.true(), now=now)
    due = list({row.event_id: row for row in (*urgent, *oldest)}.values())
    if not due:
        return []
    first = _first_of(connection, webhook_id, {row.subject for row in due})
    # The first event of a subject may be due later than the others, and not among those looked at.
    ready = _choose(first, {row.subject for row in urgent}, limit=limit, now=now)
    waits = {subject: (n, lease_until if n in ready else at) for subject, (n, at) in first.items()}
    _put_off(connection, webhook_id, due, waits, now=now)
    claimed = connection.execute(
        _d.update()
        .where(_d.c.webhook_id == webhook_id, _d.c.event_id.in_(ready), _d.c.next_at <= now)
        .values(next_at=lease_until)
        .returning(_d.c.event_id)
    )
    return _load(connection, webhook_id, [row.event_id for row in claimed], lease_until)


def settle_events(
    connection: sa.Connection, webhook_id: int, settled: Sequence[SettledEvent]
) -> None:
    """
    Record what came of the attempts to send events to a webhook. One whose lease has passed to
    another process is left to that one.
    """
    for lease_until in {each.claimed.lease_until for each in settled}:
        own = [each for each in settled if each.claimed.lease_until == lease_until]
        for state in (SendState.DELIVERED, SendState.FAILED):
            ids = [each.claimed.event_id for each in own if each.state is state]
            if ids:
                ended = _held(webhook_id, lease_until).where(_d.c.event_id.in_(ids))
                connection.execute(ended.values(state=state, next_at=None, **_COUNTED))
    _retry(connection, webhook_id, [each for each in settled if each.next_at is not None])
    ended_subjects = {each.claimed.subject for each in settled if each.next_at is None}
    if ended_subjects:
        _make_next_due(connection, webhook_id, ended_subjects, now=settled[0].at)


def release_events(
    connection: sa.Connection, webhook_id: int, claimed: Iterable[ClaimedEvent], *, now: dt.datetime
) -> None:
    """
    Release claimed events that were not sent, so that they are due again.
    """
    for each in claimed:
        own = _held(webhook_id, each.lease_until).where(_d.c.event_id == each.event_id)
        connection.execute(own.values(next_at=now))


def _due(
    connection: sa.Connection, webhook_id: int, which: sa.ColumnElement[bool], *, now: dt.datetime
) -> Sequence[sa.Row[Any, Any]]:
    return connection.execute(
        sa.select(_d.c.event_id, _d.c.subject)
        .where(_d.c.webhook_id == webhook_id, _d.c.next_at <= now, which)
        .order_by(_d.c.next_at, _d.c.event_id)
        .limit(LOOKED_AT)
    ).all()


def _choose(
    first: Mapping[str, tuple[int, dt.datetime]],
    urgent: Collection[str],
    *,
    limit: int,
    now: dt.datetime,
) -> list[int]:
    """
    Choose up to *limit* events that are due from the first ones of each subject: those of *urgent*
    subjects, and for a quarter, if more than one is claimed, others.
    """
    due = {subject: n for subject, (n, next_at) in first.items() if next_at <= now}
    ahead = sorted(n for subject, n in due.items() if subject in urgent)
    others = sorted(n for subject, n in due.items() if subject not in urgent)
    kept = min(len(others), max(limit // 4, 1 if limit > 1 else 0))
    chosen = ahead[: limit - kept]
    return sorted([*chosen, *others[: limit - len(chosen)]])


def _held(webhook_id: int, lease_until: dt.datetime) -> sa.Update:
    is_held = sa.and_(_d.c.webhook_id == webhook_id, _d.c.next_at == lease_until)
    return _d.update().where(is_held)


_COUNTED: dict[str, Any] = {"attempts": _d.c.attempts + 1}


def _first_of(
    connection: sa.Connection, webhook_id: int, subjects: Collection[str]
) -> dict[str, tuple[int, dt.datetime]]:
    """
    Return the number and time of the first event that waits, by its subject.
    """
    lowest = (
        sa.select(_d.c.subject, sa.func.min(_d.c.event_id).label("event_id"))
        .where(_d.c.webhook_id == webhook_id, _d.c.subject.in_(subjects), _d.c.next_at.is_not(None))
        .group_by(_d.c.subject)
        .subquery()
    )
    rows = connection.execute(
        sa.select(_d.c.subject, _d.c.event_id, _d.c.next_at)
        .join(lowest, lowest.c.event_id == _d.c.event_id)
        .where(_d.c.webhook_id == webhook_id)
    )
    return {row.subject: (row.event_id, row.next_at) for row in rows}


def _put_off(
    connection: sa.Connection,
    webhook_id: int,
    due: Sequence[sa.Row[Any, Any]],
    first: dict[str, tuple[int, dt.datetime]],
    *,
    now: dt.datetime,
) -> None:
    """
    Put off events that wait for an earlier one of their subject, so that they are not looked at
    again and again: until that one is due, or ends.
    """
    later: dict[dt.datetime, list[int]] = {}
    for row in due:
        event_id, next_at = first[row.subject]
        if event_id != row.event_id and next_at > now:
            later.setdefault(next_at, []).append(row.event_id)
    for next_at, ids in later.items():
        blocked = sa.and_(
            _d.c.webhook_id == webhook_id, _d.c.event_id.in_(ids), _d.c.next_at <= now
        )
        connection.execute(_d.update().where(blocked).values(next_at=next_at))


def _retry(connection: sa.Connection, webhook_id: int, settled: Sequence[SettledEvent]) -> None:
    rows = [
        {
            "number": each.claimed.event_id,
            "lease_until": each.claimed.lease_until,
            "again_at": each.next_at,
            "first_at": each.claimed.first_attempt_at or each.at,
        }
        for each in settled
    ]
    if rows:
        update = (
            _d.update()
            .where(
                _d.c.webhook_id == webhook_id,
                _d.c.event_id == sa.bindparam("number"),
                _d.c.next_at == sa.bindparam("lease_until"),
            )
            .values(
                next_at=sa.bindparam("again_at"),
                first_attempt_at=sa.bindparam("first_at"),
                **_COUNTED,
            )
        )
        connection.execute(update, rows)


def _make_next_due(
    connection: sa.Connection, webhook_id: int, subjects: Collection[str], *, now: dt.datetime
) -> None:
    """
    Make the next event of each subject due, if it was put off.
    """
    first = _first_of(connection, webhook_id, subjects)
    ids = [event_id for event_id, next_at in first.values() if next_at > now]
    if ids:
        # One that failed before keeps its own time: only an event that was never sent is put off.
        waits = sa.and_(_d.c.webhook_id == webhook_id, _d.c.event_id.in_(ids), _d.c.attempts == 0)
        connection.execute(_d.update().where(waits, _d.c.next_at > now).values(next_at=now))


def _load(
    connection: sa.Connection, webhook_id: int, ids: Sequence[int], lease_until: dt.datetime
) -> list[ClaimedEvent]:
    if not ids:
        return []
    rows = connection.execute(
        sa.select(_d.c.subject, _d.c.attempts, _d.c.first_attempt_at, _e)
        .join(_e, _e.c.id == _d.c.event_id)
        .where(_d.c.webhook_id == webhook_id, _d.c.event_id.in_(ids))
        .order_by(_d.c.event_id)
    )
    return [
        ClaimedEvent(
            webhook_id=webhook_id,
            event_id=row.id,
            key=row.key,
            kind=OutgoingKind(row.kind),
            at=row.at,
            data=row.data,
            address=row.address,
            subject=row.subject,
            attempts=row.attempts,
            first_attempt_at=row.first_attempt_at,
            lease_until=lease_until,
        )
        for row in rows
    ]
