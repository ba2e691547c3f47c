"""
The rate limit of each provider, shared by all workers: one row per provider.

GCRA (the generic cell rate algorithm) in one UPDATE: `next_free_at` is the theoretical arrival time
of the next call. Unused slots do not accumulate, so the rate is not exceeded in any second.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.throttling import (
    HEADROOM,
    NEAR_REFUSED,
    RECOVERY,
    RECOVERY_CALLS,
    RECOVERY_S,
    THROTTLE_FACTOR,
)
from newsletter.store.tables import rate_limit
from subscribers.database.columns import insert_into

# A slot further off than this is not reserved: waiting for it would occupy a sending thread, and
# would leave an uncertain outcome if the worker were killed.
HORIZON_S = 2.0
# A cooldown never lasts longer, even if the row says so, because a wrong clock may have written it.
# A large call at a very low rate never delays the next one for longer either.
LONGEST_S = 24 * 3600.0
LONGEST_QUEUE_S = 900.0
# Allows for two clocks and rounding: a call that starts just as a cooldown ends counts as after it.
SLACK_S = 0.05

Seconds = sa.ColumnElement[float]


@dataclass(frozen=True, kw_only=True)
class Limit:
    """
    What is known about a provider's rate without its row, in units per second: the maximum that the
    settings allow, and the rate that the provider documents, until its responses say otherwise.
    """

    configured: float | None = None
    declared: float | None = None

    @property
    def is_known(self) -> bool:
        return self.configured is not None or self.declared is not None


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """
    A reserved slot, `wait_s` after the clock's reading `at_s`. `rate` is the limit in force, in
    units a second, and `advertised_rate` what the provider says it allows.
    """

    wait_s: float
    at_s: float
    rate: float
    advertised_rate: float | None


@dataclass(frozen=True, kw_only=True)
class SlotState:
    """
    A row at `at_s`: how long the cooldown lasts, how long until a slot is free, and whether there
    is a rate to keep.
    """

    at_s: float
    cooldown_s: float
    free_s: float
    is_limited: bool


def now_of(connection: sa.Connection, now: dt.datetime) -> Seconds:
    """
    Return the time in seconds since 1970: by the server's clock on PostgreSQL, because workers may
    be on many machines, and *now* on SQLite, where all are on one.
    """
    if connection.dialect.name == "postgresql":
        return sa.cast(sa.extract("epoch", sa.func.statement_timestamp()), sa.Double)
    return sa.literal(now.timestamp(), sa.Double)


def ensure(connection: sa.Connection, provider: str) -> None:
    """
    Create the row of *provider* if it does not exist.
    """
    row = insert_into(connection, rate_limit).values(provider=provider)
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
    Reserve the next slot for *units*, in calls of *call* units each. Return None if it is further
    off than HORIZON_S, or if no rate is known. A throttled rate may recover at the same time; near
    the refused rate it does so once in *clean_s*.
    """
    recovers = _recovers(at, call, clean_s)
    ceiling = _ceiling(limit)
    throttled_rate = sa.case(
        (recovers & (rate_limit.c.throttled_rate * RECOVERY >= ceiling), sa.null()),
        (recovers, rate_limit.c.throttled_rate * RECOVERY),
        else_=rate_limit.c.throttled_rate,
    )
    start = _start(at)
    duration = units / (_lower(throttled_rate, ceiling) * HEADROOM)
    row = connection.execute(
        sa.update(rate_limit)
        .where(rate_limit.c.provider == provider, duration.is_not(None), start - at <= HORIZON_S)
        .values(
            next_free_at=start + duration,
            throttled_rate=throttled_rate,
            changed_at=sa.case((recovers, at), else_=rate_limit.c.changed_at),
        )
        # Bare columns: what SQLite 3.40 calculates here from a decimal column that holds a whole
        # number is wrong.
        .returning(
            rate_limit.c.next_free_at,
            rate_limit.c.advertised_rate,
            rate_limit.c.throttled_rate,
            at.label("at_s"),
        )
    ).one_or_none()
    if row is None:
        return None
    rate = _rate_in_force(limit, row.advertised_rate, row.throttled_rate)
    started = row.next_free_at - units / (rate * HEADROOM)
    wait_s = max(started - row.at_s, 0.0)
    return Reservation(wait_s=wait_s, at_s=row.at_s, rate=rate, advertised_rate=row.advertised_rate)


def _rate_in_force(limit: Limit, advertised: float | None, throttled: float | None) -> float:
    """
    Return the rate of a row that has one, as `_ceiling` and `_lower` calculate it.
    """
    declared = limit.declared if advertised is None else None
    known = (limit.configured or declared, advertised, throttled)
    return min(rate for rate in known if rate is not None)


def read_slot(
    connection: sa.Connection, provider: str, limit: Limit, *, at: Seconds
) -> SlotState | None:
    """
    Return the state of *provider*'s row, or None if it has no row and so no limit.
    """
    rate = _lower(rate_limit.c.throttled_rate, _ceiling(limit))
    row = connection.execute(
        sa.select(
            at.label("at_s"),
            (_start(at) - at).label("free_s"),
            (_sane(rate_limit.c.cooldown_until, at) - at).label("cooldown_s"),
            rate.is_not(None).label("is_limited"),
        ).where(rate_limit.c.provider == provider)
    ).one_or_none()
    if row is None:
        return None
    return SlotState(
        at_s=row.at_s,
        cooldown_s=max(row.cooldown_s, 0.0),
        free_s=max(row.free_s, 0.0),
        is_limited=bool(row.is_limited),
    )


def set_advertised_rate(connection: sa.Connection, provider: str, limit_per_s: float) -> None:
    """
    Record the rate that the provider's responses advertise.
    """
    ensure(connection, provider)
    connection.execute(
        sa.update(rate_limit)
        .where(
            rate_limit.c.provider == provider,
            rate_limit.c.advertised_rate.is_distinct_from(limit_per_s),
        )
        .values(advertised_rate=limit_per_s)
    )


def set_cooldown(
    connection: sa.Connection, provider: str, *, at: Seconds, cooldown_s: float
) -> None:
    """
    Start a cooldown of *cooldown_s* for all workers, unless a longer one is running.
    """
    ensure(connection, provider)
    connection.execute(
        sa.update(rate_limit)
        .where(rate_limit.c.provider == provider)
        .values(cooldown_until=_higher(_sane(rate_limit.c.cooldown_until, at), at + cooldown_s))
    )


def throttle(
    connection: sa.Connection,
    provider: str,
    limit: Limit,
    *,
    at: Seconds,
    called_at_s: float,
    cooldown_s: float,
    seen: float,
    least: float,
) -> None:
    """
    Start a cooldown for all workers and halve the rate; if none is known, set it to half of *seen*,
    in units a second. It never falls below *least*. A call that started before the last cooldown
    ended was made at the old rate, so the rate is not halved again.
    """
    ensure(connection, provider)
    rate = sa.func.coalesce(_lower(rate_limit.c.throttled_rate, _ceiling(limit)), seen)
    halved = _higher(rate * THROTTLE_FACTOR, sa.literal(least, sa.Double))
    is_new = rate_limit.c.cooldown_until <= called_at_s + SLACK_S
    until = _higher(_sane(rate_limit.c.cooldown_until, at), at + cooldown_s)
    connection.execute(
        sa.update(rate_limit)
        .where(rate_limit.c.provider == provider)
        .values(
            throttled_rate=sa.case((is_new, halved), else_=rate_limit.c.throttled_rate),
            refused_rate=sa.case((is_new, rate), else_=rate_limit.c.refused_rate),
            changed_at=until,
            cooldown_until=until,
        )
    )


def in_cooldown(at: Seconds) -> sa.ColumnElement[bool]:
    """
    Return the condition that a provider is in a cooldown. A time further off than any cooldown was
    written by a wrong clock and does not count.
    """
    return (rate_limit.c.cooldown_until > at) & (rate_limit.c.cooldown_until <= at + LONGEST_S)


def cooldown_until(
    connection: sa.Connection, provider: str, *, now: dt.datetime
) -> dt.datetime | None:
    """
    Return the end of the cooldown of *provider*, or None if it is not in one.
    """
    at = now_of(connection, now)
    until = connection.execute(
        sa.select(rate_limit.c.cooldown_until).where(
            rate_limit.c.provider == provider, in_cooldown(at)
        )
    ).scalar_one_or_none()
    return None if until is None else dt.datetime.fromtimestamp(until, dt.UTC)


def _ceiling(limit: Limit) -> Seconds:
    if limit.configured is None:
        return sa.func.coalesce(rate_limit.c.advertised_rate, sa.literal(limit.declared, sa.Double))
    return _lower(rate_limit.c.advertised_rate, sa.literal(limit.configured, sa.Double))


def _recovers(at: Seconds, call: float, clean_s: float) -> sa.ColumnElement[bool]:
    """
    Return the condition that a throttled rate has lasted long enough, in calls of *call* units, to
    recover.
    """
    least, most = (sa.literal(bound, sa.Double) for bound in RECOVERY_S)
    soon_s = _lower(_higher(RECOVERY_CALLS * call / rate_limit.c.throttled_rate, least), most)
    near, over = (rate_limit.c.refused_rate * share for share in NEAR_REFUSED)
    is_near = (rate_limit.c.throttled_rate >= near) & (rate_limit.c.throttled_rate <= over)
    kept_s = at - rate_limit.c.changed_at
    is_long = kept_s >= sa.case((is_near, clean_s), else_=soon_s)
    return rate_limit.c.throttled_rate.is_not(None) & (is_long | (kept_s < -LONGEST_S))


def _start(at: Seconds) -> Seconds:
    """
    Return when the next slot is free: at the theoretical arrival time, and after any cooldown.
    """
    free = _sane(rate_limit.c.next_free_at, at, most_s=LONGEST_QUEUE_S)
    return _higher(_higher(free, _sane(rate_limit.c.cooldown_until, at)), at)


def _sane(time: sa.ColumnElement[Any], at: Seconds, *, most_s: float = LONGEST_S) -> Seconds:
    return sa.case((time > at + most_s, at), else_=time)


def _lower(one: sa.ColumnElement[Any], other: sa.ColumnElement[Any]) -> Seconds:
    """
    Return the lower of two values, or the one that is not NULL. SQLite and PostgreSQL have
    different names for this function, and treat NULL differently.
    """
    return sa.case((one < other, one), else_=sa.func.coalesce(other, one))


def _higher(one: sa.ColumnElement[Any], other: sa.ColumnElement[Any]) -> Seconds:
    return sa.case((one > other, one), else_=other)
