"""
Providers whose calls end in doubt: from the first such end on they are called one call at a time,
and ever more seldom, until one takes somebody again. One that is down would else have a whole issue
in doubt within minutes. No I/O but the log; `dispatch` tells it of each call.

Each process goes by its own calls: one whose network is broken does not speak for the others.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, field

from newsletter.model.delivery import BatchResult, ReceiptKind

logger = logging.getLogger(__name__)

# The rest after the second probe that failed, which is doubled at each further one.
FIRST = dt.timedelta(seconds=5)
LONGEST = dt.timedelta(minutes=2)
AT_ONCE = 2


def probe_delay(failed: int) -> dt.timedelta:
    """
    How long nobody is called after so many probes on end that failed.
    """
    if failed < AT_ONCE:
        return dt.timedelta(0)
    return min(FIRST * (1 << min(failed - AT_ONCE, 16)), LONGEST)


@dataclass
class _Calls:
    """
    The keys of the calls to one provider that are open. While it is doubted: of those that were
    open at the first doubt, how many probes failed since, and when the next may be.
    """

    open: set[str] = field(default_factory=set)
    is_doubted: bool = False
    before: frozenset[str] = frozenset()
    failed: int = 0
    rests_until: dt.datetime | None = None

    def may_begin(self, now: dt.datetime) -> bool:
        if not self.is_doubted:
            return True
        # A clock that was set back must not make a rest longer.
        rests = self.rests_until is not None and now < self.rests_until <= now + LONGEST
        return not self.open and not rests

    def doubt(self, key: str, *, now: dt.datetime) -> None:
        if not self.is_doubted:
            self.is_doubted, self.before, self.failed = True, frozenset(self.open), 0
        elif key not in self.before:
            self.failed += 1
            self.rests_until = now + probe_delay(self.failed)


@dataclass
class CircuitBreaker:
    """
    The calls of one process.
    """

    _calls: dict[str, _Calls] = field(default_factory=dict)

    def open_providers(self, now: dt.datetime) -> list[str]:
        """
        The providers to which no call may begin now.
        """
        return [name for name, calls in self._calls.items() if not calls.may_begin(now)]

    def call_started(self, provider: str, key: str) -> None:
        """
        Notes that the call of that *key* is open.
        """
        self._calls.setdefault(provider, _Calls()).open.add(key)

    def call_finished(
        self, provider: str, key: str, result: BatchResult, *, now: dt.datetime
    ) -> None:
        """
        Notes how it ended. Nobody taken and nobody in doubt says nothing of the provider.
        """
        calls = self._calls.setdefault(provider, _Calls())
        calls.open.discard(key)
        kinds = {receipt.kind for receipt in result.receipts}
        was_doubted = calls.is_doubted
        if ReceiptKind.ACCEPTED in kinds:
            calls.is_doubted, calls.rests_until = False, None
        elif ReceiptKind.UNCERTAIN in kinds:
            calls.doubt(key, now=now)
        if calls.is_doubted and not was_doubted:
            told = {"event": "provider.doubted", "provider": provider}
            logger.warning("%s leaves doubt: one call at a time from now on", provider, extra=told)
        elif was_doubted and not calls.is_doubted:
            told = {"event": "provider.believed", "provider": provider}
            logger.info("%s takes mail again", provider, extra=told)
