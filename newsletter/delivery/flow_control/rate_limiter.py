"""
Use the slots that this process reserves in the database: the local half of the rate limiter.

The dispatcher reserves a slot with each intent and records what the responses say. At a high rate a
process reserves the slots of 50 ms at once; without a rate it looks for one once a second.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import sqlalchemy as sa

from newsletter.model.delivery import Provider
from newsletter.model.rate import RateFeedback
from newsletter.store.database import Database
from newsletter.store.flow_control import rate_limits

logger = logging.getLogger(__name__)

GRANT_S = 0.05
READ_EVERY_S = 1.0
CLEAN_S = 60.0
# If the limit is not known, the rate is estimated from the calls within this time.
SEEN_S = 10.0
# A provider that keeps refusing is still called this often between its cooldowns.
LEAST_CALLS_PER_S = 0.1


@dataclass(kw_only=True)
class _LocalState:
    """
    What this process knows about one provider's row. Times are readings of the monotonic clock.
    """

    rate: float | None = None
    granted_units: float = 0.0
    grant_starts_s: float = 0.0
    grant_ends_s: float = 0.0
    # When the row was last read, and whether there is one.
    read_at_s: float = float("-inf")
    has_row: bool = False
    # When a slot may become available, and when a call may start.
    next_slot_s: float = 0.0
    cooldown_until_s: float = 0.0
    # When this process began its last call.
    last_start_s: float = 0.0
    # The row's clock minus this one.
    clock_offset_s: float = 0.0
    advertised_rate: float | None = None
    called: deque[tuple[float, float]] = field(default_factory=deque)

    def count_call(self, units: float, now_s: float) -> None:
        self.called.append((now_s, units))
        while self.called[0][0] < now_s - SEEN_S:
            self.called.popleft()

    def per_second(self, now_s: float) -> float:
        """
        Return how many units a second this process alone has used recently.
        """
        if not self.called:
            return 1.0
        span_s = max(now_s - self.called[0][0], 1.0)
        return sum(units for _, units in self.called) / span_s


@dataclass(kw_only=True)
class RateLimiter:
    """
    The rate limits of one process. `configured` gives `[provider.NAME] rate`, in units a second;
    near the refused rate, a throttled rate recovers after `clean_s` without throttling.
    """

    database: Database
    clock: Callable[[], dt.datetime]
    configured: Callable[[str], float | None] = lambda name: None
    clean_s: float = CLEAN_S
    monotonic_s: Callable[[], float] = time.monotonic
    _locals: dict[str, _LocalState] = field(default_factory=dict)
    _start_lock: threading.Lock = field(default_factory=threading.Lock)

    def for_another_thread(self) -> RateLimiter:
        """
        Return a rate limiter for another thread, which shares only the database, as another process
        would.
        """
        return RateLimiter(
            database=self.database,
            clock=self.clock,
            configured=self.configured,
            clean_s=self.clean_s,
            monotonic_s=self.monotonic_s,
        )

    def throttled_providers(self) -> list[str]:
        """
        Return the providers whose next slot is too far off to claim a batch for them.
        """
        now_s = self.monotonic_s()
        return [name for name, local in self._locals.items() if local.next_slot_s > now_s]

    @property
    def is_behind(self) -> bool:
        """
        Return whether a provider's rate alone puts its next slot far off. A cooldown does not
        count, because the batches themselves wait for it to end.
        """
        now_s = self.monotonic_s()
        states = self._locals.values()
        return any(each.next_slot_s > now_s >= each.cooldown_until_s for each in states)

    def reserve(
        self, connection: sa.Connection, provider: Provider, recipients: int
    ) -> float | None:
        """
        Reserve a slot for a call to this many recipients, and return when it may start on the
        monotonic clock. Return None if that is too far off; `throttled_providers` then includes the
        provider for a while. Without recipients no call is made.
        """
        now_s = self.monotonic_s()
        if recipients == 0:
            return now_s
        local = self._locals.setdefault(provider.name, _LocalState())
        units = cost_of(provider, recipients)
        local.count_call(units, now_s)
        if local.granted_units >= units and now_s < local.grant_ends_s:
            local.granted_units -= units
            return local.grant_starts_s
        if local.rate is None and now_s - local.read_at_s < READ_EVERY_S:
            return now_s
        return self._reserve_in_database(connection, provider, local, units)

    def _reserve_in_database(
        self, connection: sa.Connection, provider: Provider, local: _LocalState, units: float
    ) -> float | None:
        name, limit = provider.name, self._limit(provider)
        if limit.is_known and not local.has_row:
            rate_limits.ensure(connection, name)
            local.has_row = True
        many = max(1, int((local.rate or 0.0) * GRANT_S / units))
        now_s = local.read_at_s = self.monotonic_s()
        at = rate_limits.now_of(connection, self.clock())
        reservation = rate_limits.reserve(
            connection,
            name,
            limit,
            at=at,
            units=units * many,
            call=units,
            clean_s=self.clean_s,
        )
        if reservation is None:
            return self._read_slot(connection, provider, local, at=at, now_s=now_s)
        local.rate, local.advertised_rate = reservation.rate, reservation.advertised_rate
        local.clock_offset_s = reservation.at_s - now_s
        local.granted_units = units * (many - 1)
        local.grant_starts_s = now_s + reservation.wait_s
        local.grant_ends_s = local.grant_starts_s + units * many / reservation.rate
        return local.grant_starts_s

    def _read_slot(
        self,
        connection: sa.Connection,
        provider: Provider,
        local: _LocalState,
        *,
        at: rate_limits.Seconds,
        now_s: float,
    ) -> float | None:
        """
        Find out why there was no slot: either none is needed and the call may start now, or the
        next one is too far off.
        """
        found = rate_limits.read_slot(connection, provider.name, self._limit(provider), at=at)
        local.has_row = found is not None
        if found is None or not found.is_limited:
            local.advertised_rate = None
        if found is None and not self._limit(provider).is_known:
            local.rate, local.clock_offset_s = None, self.clock().timestamp() - now_s
            return now_s
        if found is not None:
            local.clock_offset_s = found.at_s - now_s
            local.cooldown_until_s = now_s + found.cooldown_s
            if not found.is_limited and found.cooldown_s <= 0:
                local.rate = None
                return now_s
        free_s = found.free_s if found is not None else 0.0
        # Until a slot may become available, but at least a moment: others reserve slots too.
        local.next_slot_s = now_s + max(free_s - rate_limits.HORIZON_S / 2, GRANT_S)
        return None

    def cooldown_s(self, provider: Provider) -> float:
        """
        Return how many seconds of the provider's cooldown are left. It is checked again when the
        slot has come, because the provider may have asked another process to wait. It only reads,
        so it may run in a sending thread.
        """
        local = self._locals.setdefault(provider.name, _LocalState())
        now_s = self.monotonic_s()
        if local.cooldown_until_s <= now_s and local.has_row and now_s - local.read_at_s > GRANT_S:
            local.read_at_s = now_s
            with self.database.read() as connection:
                at = rate_limits.now_of(connection, self.clock())
                found = rate_limits.read_slot(
                    connection, provider.name, self._limit(provider), at=at
                )
            local.cooldown_until_s = now_s + (found.cooldown_s if found else 0.0)
        return max(local.cooldown_until_s - now_s, 0.0)

    def start_time(self, provider: Provider, starts_s: float, recipients: int) -> float:
        """
        Return when a call with a slot at *starts_s* may start on the monotonic clock: a late call
        must not coincide with the next one. Safe in a sending thread.
        """
        local = self._locals.setdefault(provider.name, _LocalState())
        with self._start_lock:
            now_s = self.monotonic_s()
            gap_s = cost_of(provider, recipients) / local.rate if local.rate else 0.0
            if gap_s < GRANT_S:
                return starts_s
            local.last_start_s = max(starts_s, now_s, local.last_start_s + gap_s)
            return local.last_start_s

    def record_feedback(
        self,
        connection: sa.Connection,
        provider: Provider,
        feedback: RateFeedback,
        *,
        recipients: int,
        called_s: float,
    ) -> None:
        """
        Record what a response says about the rate, for all processes. Call it last in a
        transaction, because all processes update this row.
        """
        local = self._locals.setdefault(provider.name, _LocalState())
        if feedback.limit_per_s is not None and feedback.limit_per_s != local.advertised_rate:
            rate_limits.set_advertised_rate(connection, provider.name, feedback.limit_per_s)
            local.advertised_rate, local.has_row = feedback.limit_per_s, True
            local.read_at_s = float("-inf")
        if feedback.cooldown_s is None:
            return
        self.cool_down_locally(provider, feedback)
        at, now_s = rate_limits.now_of(connection, self.clock()), self.monotonic_s()
        if feedback.is_throttled:
            rate_limits.throttle(
                connection,
                provider.name,
                self._limit(provider),
                at=at,
                called_at_s=called_s + local.clock_offset_s,
                cooldown_s=feedback.cooldown_s,
                seen=local.per_second(now_s),
                least=cost_of(provider, recipients) * LEAST_CALLS_PER_S,
            )
        else:
            rate_limits.set_cooldown(
                connection, provider.name, at=at, cooldown_s=feedback.cooldown_s
            )
        local.next_slot_s = max(
            local.next_slot_s, local.cooldown_until_s - rate_limits.HORIZON_S / 2
        )
        local.granted_units, local.has_row, local.read_at_s = 0.0, True, float("-inf")

    def cool_down_locally(self, provider: Provider, feedback: RateFeedback) -> None:
        """
        Start the cooldown in this process at once, before it is recorded for all. Safe in a sending
        thread.
        """
        local = self._locals.setdefault(provider.name, _LocalState())
        if feedback.cooldown_s is None:
            return
        now_s = self.monotonic_s()
        if local.cooldown_until_s <= now_s:
            until = self.clock() + dt.timedelta(seconds=feedback.cooldown_s)
            name, until_words = provider.name, f"{until:%H:%M:%S}"
            extra = {"event": "provider.cooldown", "provider": name}
            logger.info("%s asked us to wait until %s UTC", name, until_words, extra=extra)
        local.cooldown_until_s = max(local.cooldown_until_s, now_s + feedback.cooldown_s)

    def _limit(self, provider: Provider) -> rate_limits.Limit:
        return rate_limits.Limit(
            configured=self.configured(provider.name),
            declared=provider.capabilities.rate_per_s,
        )


def cost_of(provider: Provider, recipients: int) -> float:
    """
    Return the cost of a call to this many recipients, in the provider's own unit.
    """
    return float(recipients if provider.capabilities.rate_unit == "recipients" else 1)
