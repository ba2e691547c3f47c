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

from reliability.provider_endpoints.endpoint import EndpointBehaviour, ProviderEndpoint
from reliability.provider_endpoints.shuffled_endings import NORMAL, ShuffledEndings

# Each ending on one call of twenty.
EVERY = 20
TAKEN = ", taken"
# What proves that nobody was taken; any other ending may leave an uncertain outcome.
PROOFS = frozenset({"429", "413"})
LATENCY_S = (0.0, 0.02)
ADDRESS = re.compile(rb"reader[0-9]{5}@example\.org")
Ending = Callable[[FakeProvider, Received, float], Fault | None]


def broken(answer: Answer, *, is_taken: bool = False) -> Ending:
    return lambda fake, request, slow_s: Fault(response=answer, is_taken=is_taken)


def refused(status: int, *, is_taken: bool = False, **headers: str) -> Ending:
    return lambda fake, request, slow_s: Fault(
        response=fake.error(status, **headers), is_taken=is_taken
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
# What no honest provider does, to see that the suite notices.
DISHONEST: Mapping[str, Ending] = {"repeat": repeated, "lie": lied}


@dataclass(kw_only=True)
class HttpEndpoint(ProviderEndpoint):
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
        Respond to *request* after a moment, and return the response after another one.
        """
        time.sleep(random.uniform(*LATENCY_S))
        answer = self.fake.reply(request)
        time.sleep(random.uniform(*LATENCY_S))
        return answer

    def fault_of(self, request: Received) -> Fault | None:
        """
        Choose what happens to *request*, one call after the other.
        """
        self.calls += 1
        content = request.body or request.path.encode()
        self._times[content] += 1
        people = {who.decode() for who in ADDRESS.findall(request.body)}
        ending = self.endings.count(self._fitting(self.endings.draw(), people, content))
        if ending not in PROOFS | {NORMAL} or self._leaves_some_out(people):
            self.maybe_uncertain += len(people)
        fault = None
        if ending != NORMAL:
            fault = (HTTP | DISHONEST)[ending](self.fake, request, self.behaviour.slow_s)
        if ending == NORMAL or ending.endswith(TAKEN):
            self._taken.add(content)
        return fault

    def _fitting(self, ending: str, people: Set[str], content: bytes) -> str:
        """
        Return *ending* where a call can have it: what was taken once is no longer too large, nor is
        what holds one message or none.
        """
        is_never = ending == "413" and (content in self._taken or len(people) < 2)
        return NORMAL if is_never or self._times[content] > self.behaviour.most_times else ending

    def _leaves_some_out(self, people: Set[str]) -> bool:
        """
        Say whether somebody in the call is refused by a provider that does not say who.
        """
        return not self.fake.names_the_refused and bool(people & self.behaviour.refused)


@contextlib.contextmanager
def open_http_endpoint(
    flavour: type[FakeProvider], behaviour: EndpointBehaviour
) -> Iterator[tuple[HttpEndpoint, str]]:
    """
    Run a provider that takes calls over HTTP, and give it with its address.
    """
    if behaviour.specs is not None:
        prepare(behaviour.specs / flavour.spec)
    endings = tuple(HTTP) if behaviour.endings is None else behaviour.endings
    with ScriptedServer() as server:
        url = server.url("").rstrip("/")
        fake = flavour(url, behaviour.specs)
        # Another string, and so another class name, would give other orders to the same seeds.
        seed = f"{flavour.__name__}-{behaviour.seed}"
        shuffled = ShuffledEndings(endings, every=EVERY, seed=seed)
        endpoint = HttpEndpoint(behaviour=behaviour, endings=shuffled, fake=fake)
        fake.refused, fake.clock = set(behaviour.refused), behaviour.clock
        fake.fault_of = endpoint.fault_of
        for path in fake.paths:
            server.answer(path, endpoint.reply)
        yield endpoint, url
