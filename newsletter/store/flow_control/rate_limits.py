"""
How fast each provider may be called, by all processes together: a row a provider.

A turn is taken by one UPDATE (GCRA, the generic cell rate algorithm): the row holds when everything
let through so far is worked off at the even rate, and who comes next goes then. Nothing is saved up
while nobody calls, so no second sees more than the rate.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.store.tables import pace
from subscribers.database.columns import insert_into

# Held a little under the limit: on the way two calls may come closer than they left.
HEADROOM = 0.95
# A halved rate rises by a tenth once so many calls, but at least so much time and at most so much,
# passed at it without another refusal; near the rate that was refused, where the limit is likely to
# be, after a minute only.
CLIMB = 1.1
CLIMB_CALLS = 3
CLIMB_S = (0.5, 10.0)
NEAR = (0.85, 1.05)
# No turn is taken that is further off: who waits for one holds a lane, and is in doubt if killed.
HORIZON_S = 2.0
# Nobody rests longer, whatever stands in the row: it may have been written by a wrong clock. Nor
# does what was let through take longer to be worked off, of one large call at a very low rate.
LONGEST_S = 24 * 3600.0
LONGEST_TURN_S = 900.0
# Two clocks and sums of fractions: a call at the very end of a rest did not begin before it.
SLACK_S = 0.05

Seconds = sa.ColumnElement[float]


@dataclass(frozen=True, kw_only=True)
class Limit:
    """
    What is known of a provider's rate without the row, in units a second: as the settings say it,
    which is the most; and as the provider's pages do, until its answers say otherwise.
    """

    configured: float | None = None
    declared: float | None = None

    @property
    def is_known(self) -> bool:
        return self.configured is not None or self.declared is not None


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """
    A turn: `wait_s` from the clock's reading `at_s`; `rate` is the units a second it is part of,
    `learned` what the provider said it allows.
    """

    wait_s: float
    at_s: float
    rate: float
    learned: float | None


@dataclass(frozen=True, kw_only=True)
class SlotState:
    """
    A row as it is at `at_s`: how long nobody may call (`asked_s`), how long until a turn is free,
    and whether there is any rate to keep.
    """

    at_s: float
    asked_s: float
    free_s: float
    is_limited: bool


def now_of(connection: sa.Connection, now: dt.datetime) -> Seconds:
    """
    The time in seconds since 1970: by the server's clock on PostgreSQL, whose processes may be on
    many machines; *now* on SQLite, where all are on one.
    """
    if connection.dialect.name == "postgresql":
        return sa.cast(sa.extract("epoch", sa.func.statement_timestamp()), sa.Double)
    return sa.literal(now.timestamp(), sa.Double)


def ensure(connection: sa.Connection, provider: str) -> None:
    """
    The row of *provider* is there.
    """
    row = insert_into(connection, pace).values(provider=provider)
    connection.execute(row.on_conflict_do_nothing())


def reserve(
    connection: sa.Connection,
    provider: str,
    limit: Limit,
    *,
    at: Seconds,
    units: float,
    call: float,
    clean_s: float,
) -> Reservation | None:
    """
    The next turn for *units*, in calls of *call* units each, which is then gone; None when it is
    further off than HORIZON_S, or when no rate is known. A lowered rate may rise with it, near the
    one that was refused once in *clean_s*.
    """
    climbs = _climbs(at, call, clean_s)
    ceiling = _ceiling(limit)
    slowed = sa.case(
        (climbs & (pace.c.slowed * CLIMB >= ceiling), sa.null()),
        (climbs, pace.c.slowed * CLIMB),
        else_=pace.c.slowed,
    )
    start = _start(at)
    turn = units / (_lower(slowed, ceiling) * HEADROOM)
    row = connection.execute(
        sa.update(pace)
        .where(pace.c.provider == provider, turn.is_not(None), start - at <= HORIZON_S)
        .values(
            paid_until=start + turn,
            slowed=slowed,
            changed_at=sa.case((climbs, at), else_=pace.c.changed_at),
        )
        .returning(
            pace.c.paid_until,
            pace.c.learned,
            _lower(pace.c.slowed, ceiling).label("rate"),
            at.label("at_s"),
        )
    ).one_or_none()
    if row is None:
        return None
    started = row.paid_until - units / (row.rate * HEADROOM)
    wait_s = max(started - row.at_s, 0.0)
    return Reservation(wait_s=wait_s, at_s=row.at_s, rate=row.rate, learned=row.learned)


def read_slot(
    connection: sa.Connection, provider: str, limit: Limit, *, at: Seconds
) -> SlotState | None:
    """
    The row of *provider*; None when there is none, so that it goes as fast as it can.
    """
    rate = _lower(pace.c.slowed, _ceiling(limit))
    row = connection.execute(
        sa.select(
            at.label("at_s"),
            (_start(at) - at).label("free_s"),
            (_sane(pace.c.not_before, at) - at).label("asked_s"),
            rate.is_not(None).label("is_limited"),
        ).where(pace.c.provider == provider)
    ).one_or_none()
    if row is None:
        return None
    return SlotState(
        at_s=row.at_s,
        asked_s=max(row.asked_s, 0.0),
        free_s=max(row.free_s, 0.0),
        is_limited=bool(row.is_limited),
    )


def set_advertised_rate(connection: sa.Connection, provider: str, limit_per_s: float) -> None:
    """
    Keeps what the provider's answers say it allows.
    """
    ensure(connection, provider)
    connection.execute(
        sa.update(pace)
        .where(pace.c.provider == provider, pace.c.learned.is_distinct_from(limit_per_s))
        .values(learned=limit_per_s)
    )


def set_cooldown(connection: sa.Connection, provider: str, *, at: Seconds, rest_s: float) -> None:
    """
    Has everybody rest for *rest_s*, or longer where they rest longer already.
    """
    ensure(connection, provider)
    connection.execute(
        sa.update(pace)
        .where(pace.c.provider == provider)
        .values(not_before=_higher(_sane(pace.c.not_before, at), at + rest_s))
    )


def throttle(
    connection: sa.Connection,
    provider: str,
    limit: Limit,
    *,
    at: Seconds,
    called_at_s: float,
    rest_s: float,
    seen: float,
    least: float,
) -> None:
    """
    Has everybody rest, and go on at half the rate: half of *seen*, units a second, where none is
    known, and never below *least*. A call that began before the last rest was over tells of the
    rate before it, and halves nothing again.
    """
    ensure(connection, provider)
    known = sa.func.coalesce(_lower(pace.c.slowed, _ceiling(limit)), seen)
    halved = _higher(known / 2, sa.literal(least, sa.Double))
    is_news = pace.c.not_before <= called_at_s + SLACK_S
    rested = _higher(_sane(pace.c.not_before, at), at + rest_s)
    connection.execute(
        sa.update(pace)
        .where(pace.c.provider == provider)
        .values(
            slowed=sa.case((is_news, halved), else_=pace.c.slowed),
            refused=sa.case((is_news, known), else_=pace.c.refused),
            changed_at=rested,
            not_before=rested,
        )
    )


def in_cooldown(at: Seconds) -> sa.ColumnElement[bool]:
    """
    Whether nobody may call at that time; what no rest leads to was written by a wrong clock.
    """
    return (pace.c.not_before > at) & (pace.c.not_before <= at + LONGEST_S)


def resting(connection: sa.Connection, provider: str, *, now: dt.datetime) -> dt.datetime | None:
    """
    Until when nobody calls *provider*, because it asked for it; None when it did not.
    """
    at = now_of(connection, now)
    until = connection.execute(
        sa.select(pace.c.not_before).where(pace.c.provider == provider, in_cooldown(at))
    ).scalar_one_or_none()
    return None if until is None else dt.datetime.fromtimestamp(until, dt.UTC)


def _ceiling(limit: Limit) -> Seconds:
    if limit.configured is None:
        return sa.func.coalesce(pace.c.learned, sa.literal(limit.declared, sa.Double))
    return _lower(pace.c.learned, sa.literal(limit.configured, sa.Double))


def _climbs(at: Seconds, call: float, clean_s: float) -> sa.ColumnElement[bool]:
    """
    Whether a lowered rate was kept for long enough, in calls of *call* units, to rise.
    """
    least, most = (sa.literal(bound, sa.Double) for bound in CLIMB_S)
    soon_s = _lower(_higher(CLIMB_CALLS * call / pace.c.slowed, least), most)
    near, over = (pace.c.refused * share for share in NEAR)
    is_near = (pace.c.slowed >= near) & (pace.c.slowed <= over)
    kept_s = at - pace.c.changed_at
    is_long = kept_s >= sa.case((is_near, clean_s), else_=soon_s)
    return pace.c.slowed.is_not(None) & (is_long | (kept_s < -LONGEST_S))


def _start(at: Seconds) -> Seconds:
    """
    When the next turn is free: once all is worked off, and no rest was asked for.
    """
    free = _sane(pace.c.paid_until, at, most_s=LONGEST_TURN_S)
    return _higher(_higher(free, _sane(pace.c.not_before, at)), at)


def _sane(time: sa.ColumnElement[Any], at: Seconds, *, most_s: float = LONGEST_S) -> Seconds:
    return sa.case((time > at + most_s, at), else_=time)


def _lower(one: sa.ColumnElement[Any], other: sa.ColumnElement[Any]) -> Seconds:
    """
    The lower of two, or the one that is known: SQLite and PostgreSQL call it by two names, and do
    not agree on NULL.
    """
    return sa.case((one < other, one), else_=sa.func.coalesce(other, one))


def _higher(one: sa.ColumnElement[Any], other: sa.ColumnElement[Any]) -> Seconds:
    return sa.case((one > other, one), else_=other)
