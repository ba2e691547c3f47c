"""
The parts of an App that send: the dispatcher of a worker, and what limits it.
"""

from __future__ import annotations

import random
import weakref
from dataclasses import dataclass, field
from functools import cached_property

from newsletter.app.installation import Installation
from newsletter.delivery.dispatch import Dispatcher
from newsletter.delivery.flow_control.circuit_breaker import CircuitBreaker
from newsletter.delivery.flow_control.failover import Failover
from newsletter.delivery.flow_control.rate_limiter import CLEAN_S, RateLimiter
from newsletter.delivery.recipients import RecipientFactory
from newsletter.model.rate import Backoff


@dataclass(kw_only=True)
class SendingParts(Installation):
    """
    An installation that can send. Near the refused rate, a throttled rate rises after `clean_s`
    without another refusal.
    """

    clean_s: float = CLEAN_S
    # Those of the dispatchers that are in use. A tuple, because threads replace and read it.
    _circuit_breakers: tuple[weakref.ref[CircuitBreaker], ...] = field(default=(), init=False)

    def dispatcher(self, worker_id: str) -> Dispatcher:
        """
        Make the dispatcher of the sending process *worker_id*.
        """
        circuit_breaker = CircuitBreaker()
        in_use = tuple(one for one in self._circuit_breakers if one() is not None)
        self._circuit_breakers = (*in_use, weakref.ref(circuit_breaker))
        return Dispatcher(
            circuit_breaker=circuit_breaker,
            database=self.database,
            provider_named=self.provider_named,
            recipients_for=self.recipients_for,
            instance=self.instance,
            worker_id=worker_id,
            clock=self.clock,
            backoff=Backoff(random.SystemRandom()),
            failover=self.failover,
            on_step=self.on_step,
            rate_limiter=self.rate_limiter,
            replies=self.reply_journal,
        )

    def opened_circuit_breakers(self) -> frozenset[str]:
        """
        Return the providers for which a circuit breaker of this process is open.
        """
        breakers = (one() for one in self._circuit_breakers)
        return frozenset().union(*(one.opened() for one in breakers if one is not None))

    @cached_property
    def recipients_for(self) -> RecipientFactory:
        return RecipientFactory(self.links, self.instance)

    @property
    def failover(self) -> Failover:
        settings = self.settings
        return Failover(after=settings.delivery.failover_after, has_canary=settings.has_canary)

    @cached_property
    def rate_limiter(self) -> RateLimiter:
        rates = {name: provider.rate for name, provider in self.settings.provider.items()}
        return RateLimiter(
            database=self.database,
            clock=self.clock,
            configured=rates.get,
            clean_s=self.clean_s,
        )
