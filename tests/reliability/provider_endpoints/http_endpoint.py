"""
The fake providers of `tests/support` behind HTTP, each of whose calls may end badly.
"""

from __future__ import annotations

import collections
import contextlib
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from endings import HALF, RESET, UNREADABLE
from fake_provider import Arrived, FakeProvider
from faults import DROPPED, Fault
from http_server import Answer, Received, ScriptedServer
from published import prepare

from reliability.provider_endpoints.endpoint import FarEnd, World
from reliability.provider_endpoints.shuffled_endings import WELL, Deck

# Each ending on one call of twenty.
EVERY = 20
TAKEN = ", taken"
# What proves that nobody was taken; any other ending may leave doubt.
PROOFS = frozenset({"429", "413"})
LATENCY_S = (0.0, 0.02)
ADDRESS = re.compile(rb"reader[0-9]{5}@example\.org")
Ending = Callable[[FakeProvider, Received, float], Fault | None]


def broken(answer: Answer, *, is_taken: bool = False) -> Ending:
    return lambda fake, request, slow_s: Fault(response=answer, is_taken=is_taken)


def refused(status: int, *, is_taken: bool = False, **headers: str) -> Ending:
    return lambda fake, request, slow_s: Fault(
        response=fake.trouble(status, **headers), is_taken=is_taken
    )


def slow(fake: FakeProvider, request: Received, slow_s: float) -> Fault:
    return Fault(response=fake.take(request), delay_s=slow_s)


def unreadable(fake: FakeProvider, request: Received, slow_s: float) -> Fault:
    answer = fake.take(request)
    # A call that is refused as a whole is answered with no 2xx.
    return Fault(response=UNREADABLE if answer.status < 300 else answer)


def repeated(fake: FakeProvider, request: Received, slow_s: float) -> None:
    fake.take(request)


def lied(fake: FakeProvider, request: Received, slow_s: float) -> Fault:
    before = len(fake.accepted)
    answer = fake.take(request)
    del fake.accepted[before:]
    return Fault(response=answer)


HTTP: Mapping[str, Ending] = {
    "reset": broken(RESET),
    "reset, taken": broken(RESET, is_taken=True),
    "closed": broken(DROPPED),
    "closed, taken": broken(DROPPED, is_taken=True),
    "half, taken": broken(HALF, is_taken=True),
    "unreadable, taken": unreadable,
    "slow, taken": slow,
    "413": refused(413),
    "429": refused(429, retry_after="1"),
    "500": refused(500),
    "502, taken": refused(502, is_taken=True),
    "503": refused(503),
}
# A provider that is no honest one, to see that it is seen.
CROOKED: Mapping[str, Ending] = {"repeat": repeated, "lie": lied}


@dataclass(kw_only=True)
class HttpEnd(FarEnd):
    fake: FakeProvider
    _times: collections.Counter[bytes] = field(default_factory=collections.Counter)
    _taken: set[bytes] = field(default_factory=set)

    def arrived(self) -> Sequence[Arrived]:
        return self.fake.arrived()

    @property
    def wrong(self) -> Sequence[str]:
        return self.fake.wrong

    def reply(self, request: Received) -> Answer:
        """
        The answer to *request*, after a moment, and given after another one.
        """
        time.sleep(random.uniform(*LATENCY_S))
        answer = self.fake.reply(request)
        time.sleep(random.uniform(*LATENCY_S))
        return answer

    def fault_of(self, request: Received) -> Fault | None:
        """
        What happens to *request*; asked one call after the other.
        """
        self.calls += 1
        told = request.body or request.path.encode()
        self._times[told] += 1
        people = {who.decode() for who in ADDRESS.findall(request.body)}
        ending = self.deck.count(self._fitting(self.deck.deal(), people, told))
        if ending not in PROOFS | {WELL} or self._leaves_some_out(people):
            self.doubtful += len(people)
        fault = None
        if ending != WELL:
            fault = (HTTP | CROOKED)[ending](self.fake, request, self.world.slow_s)
        if ending == WELL or ending.endswith(TAKEN):
            self._taken.add(told)
        return fault

    def _fitting(self, ending: str, people: Set[str], told: bytes) -> str:
        """
        The *ending*, where a call can have it: what was taken once is no longer too large, nor is
        what holds one message or none.
        """
        is_never = ending == "413" and (told in self._taken or len(people) < 2)
        return WELL if is_never or self._times[told] > self.world.most_times else ending

    def _leaves_some_out(self, people: Set[str]) -> bool:
        """
        Whether somebody in the call is refused by a provider that does not say who.
        """
        return not self.fake.names_the_refused and bool(people & self.world.refused)


@contextlib.contextmanager
def http_end(flavour: type[FakeProvider], world: World) -> Iterator[tuple[HttpEnd, str]]:
    """
    A provider that is asked over HTTP, and its address.
    """
    if world.specs is not None:
        prepare(world.specs / flavour.spec)
    endings = tuple(HTTP) if world.endings is None else world.endings
    with ScriptedServer() as server:
        url = server.url("").rstrip("/")
        fake = flavour(url, world.specs)
        deck = Deck(endings, every=EVERY, seed=f"{flavour.__name__}-{world.seed}")
        end = HttpEnd(world=world, deck=deck, fake=fake)
        fake.refused, fake.fault_of, fake.clock = set(world.refused), end.fault_of, world.clock
        for path in fake.paths:
            server.answer(path, end.reply)
        yield end, url
