"""
The circuit breaker: after a call with an uncertain outcome, the provider gets one call at a time,
at growing intervals, until it accepts mail again. Otherwise a provider that is down would leave a
whole issue uncertain within minutes. No I/O except the log.

Each process has its own, because a broken network in one says nothing about the others.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, field

from newsletter.model.delivery import BatchResult, ReceiptKind

logger = logging.getLogger(__name__)

# The delay after the second failed probe; each further failure doubles it.
FIRST_DELAY = dt.timedelta(seconds=5)
LONGEST_DELAY = dt.timedelta(minutes=2)
FREE_PROBES = 2


def probe_delay(failed: int) -> dt.timedelta:
    """
    Return how long to wait after this many failed probes in a row.
    """
    if failed < FREE_PROBES:
        return dt.timedelta(0)
    return min(FIRST_DELAY * (1 << min(failed - FREE_PROBES, 16)), LONGEST_DELAY)


@dataclass
class _Calls:
    """
    The keys of the open calls to one provider. While the breaker is open, also the calls that were
    under way when it opened, the number of failed probes since, and when the next probe may start.
    """

    open: set[str] = field(default_factory=set)
    is_tripped: bool = False
    before: frozenset[str] = frozenset()
    failed: int = 0
    cooldown_until: dt.datetime | None = None

    def may_start(self, now: dt.datetime) -> bool:
        if not self.is_tripped:
            return True
        # If the clock was set back, the delay must not get longer.
        is_cooling = (
            self.cooldown_until is not None and now < self.cooldown_until <= now + LONGEST_DELAY
        )
        return not self.open and not is_cooling

    def record_failure(self, key: str, *, now: dt.datetime) -> None:
        if not self.is_tripped:
            self.is_tripped, self.before, self.failed = True, frozenset(self.open), 0
        elif key not in self.before:
            self.failed += 1
            self.cooldown_until = now + probe_delay(self.failed)


@dataclass
class CircuitBreaker:
    """
    The circuit breakers of one process, one for each provider.
    """

    _calls: dict[str, _Calls] = field(default_factory=dict)

    def open_providers(self, now: dt.datetime) -> list[str]:
        """
        Return the providers that may not be called now.
        """
        return [name for name, calls in self._calls.items() if not calls.may_start(now)]

    def opened(self) -> frozenset[str]:
        """
        Return the providers whose breaker is open, also while a probe may be made. Safe in another
        thread.
        """
        return frozenset(name for name, calls in list(self._calls.items()) if calls.is_tripped)

    def call_started(self, provider: str, key: str) -> None:
        """
        Record that the call with *key* has started.
        """
        self._calls.setdefault(provider, _Calls()).open.add(key)

    def call_finished(
        self, provider: str, key: str, result: BatchResult, *, now: dt.datetime
    ) -> None:
        """
        Record how the call ended. A call without an accepted or uncertain recipient says nothing
        about the provider.
        """
        calls = self._calls.setdefault(provider, _Calls())
        calls.open.discard(key)
        kinds = {receipt.kind for receipt in result.receipts}
        was_tripped = calls.is_tripped
        if ReceiptKind.ACCEPTED in kinds:
            calls.is_tripped, calls.cooldown_until = False, None
        elif ReceiptKind.UNCERTAIN in kinds:
            calls.record_failure(key, now=now)
        if calls.is_tripped and not was_tripped:
            extra = {"event": "circuit_breaker.opened", "provider": provider}
            message = "a call to %s has an uncertain outcome: one call at a time from now on"
            logger.warning(message, provider, extra=extra)
        elif was_tripped and not calls.is_tripped:
            extra = {"event": "circuit_breaker.closed", "provider": provider}
            logger.info(
                "%s accepts email again: calls run in parallel again", provider, extra=extra
            )
