"""
Whose turn it is to call a provider: this process's part of the pace that all share (`store/paces`).

`dispatch` takes a turn with each intent and keeps what the answers say. Where the rate is high, a
process takes as many turns at once as fall into a twentieth of a second; where none is known, it
looks once a second whether another process was told one.
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
from newsletter.store.flow_control import rate_limits as paces

logger = logging.getLogger(__name__)

GRANT_S = 0.05
LOOK_EVERY_S = 1.0
CLEAN_S = 60.0
# What was called in this time tells how fast it went, where nobody knows the limit.
SEEN_S = 10.0
# A provider that goes on refusing is still asked this often, when its rests are over.
LEAST_CALLS_PER_S = 0.1


@dataclass(kw_only=True)
class _Known:
    """
    What this process remembers of one provider's row; times are readings of the monotonic clock.
    """

    rate: float | None = None
    granted_units: float = 0.0
    grant_starts_s: float = 0.0
    left_until_s: float = 0.0
    # When the row was last read, and whether there is one.
    looked_at_s: float = float("-inf")
    has_row: bool = False
    # No turn comes into reach before, and nobody calls before: the provider asked for it.
    next_slot_s: float = 0.0
    cooldown_until_s: float = 0.0
    # When the last call of this process began.
    last_start_s: float = 0.0
    # The row's clock minus ours.
    clock_offset_s: float = 0.0
    learned: float | None = None
    called: deque[tuple[float, float]] = field(default_factory=deque)

    def saw(self, units: float, now_s: float) -> None:
        self.called.append((now_s, units))
        while self.called[0][0] < now_s - SEEN_S:
            self.called.popleft()

    def per_second(self, now_s: float) -> float:
        """
        Units a second of late, by this process alone.
        """
        if not self.called:
            return 1.0
        span_s = max(now_s - self.called[0][0], 1.0)
        return sum(units for _, units in self.called) / span_s


@dataclass(kw_only=True)
class RateLimiter:
    """
    The turns of one process. `configured` gives what `[provider.NAME] rate` says, units a second;
    near the one that was refused, a lowered rate rises after `clean_s` without throttling.
    """

    database: Database
    clock: Callable[[], dt.datetime]
    configured: Callable[[str], float | None] = lambda name: None
    clean_s: float = CLEAN_S
    monotonic_s: Callable[[], float] = time.monotonic
    _known: dict[str, _Known] = field(default_factory=dict)
    _gate: threading.Lock = field(default_factory=threading.Lock)

    def for_another_thread(self) -> RateLimiter:
        """
        The same for another thread: it shares nothing but the database, as another process.
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
        The providers whose next turn is so far off that nothing for them need be claimed.
        """
        now_s = self.monotonic_s()
        return [name for name, known in self._known.items() if known.next_slot_s > now_s]

    @property
    def is_behind(self) -> bool:
        """
        Whether a provider's next turn is far off by the pace alone; a rest it asked for is another
        thing, which the batches themselves wait for.
        """
        now_s = self.monotonic_s()
        return any(
            known.next_slot_s > now_s >= known.cooldown_until_s for known in self._known.values()
        )

    def reserve(
        self, connection: sa.Connection, provider: Provider, recipients: int
    ) -> float | None:
        """
        When a call for so many may begin, by the monotonic clock; None when that is too far off,
        and then `resting` names the provider for a while. Where nobody is left there is no call.
        """
        now_s = self.monotonic_s()
        if recipients == 0:
            return now_s
        known = self._known.setdefault(provider.name, _Known())
        units = cost_of(provider, recipients)
        known.saw(units, now_s)
        if known.granted_units >= units and now_s < known.left_until_s:
            known.granted_units -= units
            return known.grant_starts_s
        if known.rate is None and now_s - known.looked_at_s < LOOK_EVERY_S:
            return now_s
        return self._take_of_all(connection, provider, known, units)

    def _take_of_all(
        self, connection: sa.Connection, provider: Provider, known: _Known, units: float
    ) -> float | None:
        name, limit = provider.name, self._limit(provider)
        if limit.is_known and not known.has_row:
            paces.ensure(connection, name)
            known.has_row = True
        many = max(1, int((known.rate or 0.0) * GRANT_S / units))
        now_s = known.looked_at_s = self.monotonic_s()
        at = paces.now_of(connection, self.clock())
        taken = paces.reserve(
            connection,
            name,
            limit,
            at=at,
            units=units * many,
            call=units,
            clean_s=self.clean_s,
        )
        if taken is None:
            return self._look(connection, provider, known, at=at, now_s=now_s)
        known.rate, known.learned, known.clock_offset_s = (
            taken.rate,
            taken.learned,
            taken.at_s - now_s,
        )
        known.granted_units = units * (many - 1)
        known.grant_starts_s = now_s + taken.wait_s
        known.left_until_s = known.grant_starts_s + units * many / taken.rate
        return known.grant_starts_s

    def _look(
        self,
        connection: sa.Connection,
        provider: Provider,
        known: _Known,
        *,
        at: paces.Seconds,
        now_s: float,
    ) -> float | None:
        """
        Why there was no turn: none is needed (then it is now), or the next one is far off.
        """
        found = paces.read_slot(connection, provider.name, self._limit(provider), at=at)
        known.has_row = found is not None
        if found is None or not found.is_limited:
            known.learned = None
        if found is None and not self._limit(provider).is_known:
            known.rate, known.clock_offset_s = None, self.clock().timestamp() - now_s
            return now_s
        if found is not None:
            known.clock_offset_s = found.at_s - now_s
            known.cooldown_until_s = now_s + found.asked_s
            if not found.is_limited and found.asked_s <= 0:
                known.rate = None
                return now_s
        free_s = found.free_s if found is not None else 0.0
        # Until a turn comes into reach; a moment at the least, for others take turns meanwhile.
        known.next_slot_s = now_s + max(free_s - paces.HORIZON_S / 2, GRANT_S)
        return None

    def cooldown_s(self, provider: Provider) -> float:
        """
        How long the provider still asks everybody to rest: to be asked when a turn has come, for
        another process may have been told meanwhile. It reads, and so is safe in a lane's thread.
        """
        known = self._known.setdefault(provider.name, _Known())
        now_s = self.monotonic_s()
        if (
            known.cooldown_until_s <= now_s
            and known.has_row
            and now_s - known.looked_at_s > GRANT_S
        ):
            known.looked_at_s = now_s
            with self.database.read() as connection:
                at = paces.now_of(connection, self.clock())
                found = paces.read_slot(connection, provider.name, self._limit(provider), at=at)
            known.cooldown_until_s = now_s + (found.asked_s if found else 0.0)
        return max(known.cooldown_until_s - now_s, 0.0)

    def start_time(self, provider: Provider, starts_s: float, recipients: int) -> float:
        """
        When a call whose turn is at *starts_s* may begin, by the monotonic clock: one that is late
        must not fall together with the next. Safe in a lane's thread.
        """
        known = self._known.setdefault(provider.name, _Known())
        with self._gate:
            now_s = self.monotonic_s()
            gap_s = cost_of(provider, recipients) / known.rate if known.rate else 0.0
            if gap_s < GRANT_S:
                return starts_s
            known.last_start_s = max(starts_s, now_s, known.last_start_s + gap_s)
            return known.last_start_s

    def record_feedback(
        self,
        connection: sa.Connection,
        provider: Provider,
        word: RateFeedback,
        *,
        recipients: int,
        called_s: float,
    ) -> None:
        """
        Keeps what an answer says of the rate, for all processes. To be the last in its
        transaction: all want this row.
        """
        known = self._known.setdefault(provider.name, _Known())
        if word.limit_per_s is not None and word.limit_per_s != known.learned:
            paces.set_advertised_rate(connection, provider.name, word.limit_per_s)
            known.learned, known.has_row = word.limit_per_s, True
            known.looked_at_s = float("-inf")
        if word.cooldown_s is None:
            return
        self.cool_down_locally(provider, word)
        at, now_s = paces.now_of(connection, self.clock()), self.monotonic_s()
        if word.is_throttled:
            paces.throttle(
                connection,
                provider.name,
                self._limit(provider),
                at=at,
                called_at_s=called_s + known.clock_offset_s,
                rest_s=word.cooldown_s,
                seen=known.per_second(now_s),
                least=cost_of(provider, recipients) * LEAST_CALLS_PER_S,
            )
        else:
            paces.set_cooldown(connection, provider.name, at=at, rest_s=word.cooldown_s)
        known.next_slot_s = max(known.next_slot_s, known.cooldown_until_s - paces.HORIZON_S / 2)
        known.granted_units, known.has_row, known.looked_at_s = 0.0, True, float("-inf")

    def cool_down_locally(self, provider: Provider, word: RateFeedback) -> None:
        """
        Has this process rest at once, before the word is kept for all; safe in a lane's thread.
        """
        known = self._known.setdefault(provider.name, _Known())
        now_s = self.monotonic_s()
        if word.cooldown_s is None:
            return
        if known.cooldown_until_s <= now_s:
            goes_on = self.clock() + dt.timedelta(seconds=word.cooldown_s)
            told = {"event": "provider.rests", "provider": provider.name}
            name = provider.name
            logger.info("%s asked for a rest until %s UTC", name, f"{goes_on:%H:%M:%S}", extra=told)
        known.cooldown_until_s = max(known.cooldown_until_s, now_s + word.cooldown_s)

    def _limit(self, provider: Provider) -> paces.Limit:
        return paces.Limit(
            configured=self.configured(provider.name),
            declared=provider.capabilities.rate_per_s,
        )


def cost_of(provider: Provider, recipients: int) -> float:
    """
    What a call to so many costs, in the provider's own unit.
    """
    return float(recipients if provider.capabilities.rate_unit == "recipients" else 1)
