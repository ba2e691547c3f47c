"""
The providers as R12 meets them: those of `tests/providers`, each on a socket of its own, whose
calls end by a deck. Whatever one takes is kept before it answers.
"""

from __future__ import annotations

import abc
import collections
import contextlib
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

from deck import WELL, Deck
from endings import HALF, RESET, UNREADABLE
from fake_plain import FakePlain
from fake_provider import Arrived, FakeProvider
from faults import DROPPED, Fault
from flavours import FLAVOURS, read_eml
from http_server import Answer, Received, ScriptedServer
from published import prepare
from smtp_server import Break, SmtpServer
from wrong_clock import WrongClock

# Each ending of HTTP on one call of twenty.
EVERY = 20
# A call that comes again (a look-up, or a key once more) meets trouble no more often than this.
MOST_TIMES = 3
UNREAD = "unreadable, taken"
# What proves that nobody was taken; any other ending may leave doubt.
PROOFS = frozenset({"429", "413"})
LATENCY_S = (0.0, 0.02)
ADDRESS = re.compile(rb"reader[0-9]{5}@example\.org")


@dataclass(frozen=True, kw_only=True)
class World:
    """
    How a far end is to behave: who is *refused*, for how long it is *slow_s*, by which *seed*, on
    what *clock_file*. *endings* are those dealt, None for all; *every* so many messages over SMTP
    come each of its endings.
    """

    refused: frozenset[str]
    slow_s: float
    seed: int
    clock_file: Path
    specs: Path | None = None
    endings: Sequence[str] | None = None
    every: int = 200

    @property
    def clock(self) -> WrongClock:
        return WrongClock(ahead_s=0.0, jumps=(), wrong_for_s=0.0, file=str(self.clock_file))


@dataclass(kw_only=True)
class FarEnd(abc.ABC):
    """
    One provider. `calls` counts what arrived (of SMTP the messages), `a_batch` is how many of them
    a batch makes. `doubtful` counts the people in whatever may have left doubt, `wrong` lists what
    was against its rules.
    """

    world: World
    deck: Deck
    calls: int = 0
    doubtful: int = 0
    a_batch: int = 1
    guard: threading.Lock = field(default_factory=threading.Lock)

    @abc.abstractmethod
    def arrived(self) -> Sequence[Arrived]:
        """
        Each message it took, as its reader gets it.
        """

    @property
    @abc.abstractmethod
    def wrong(self) -> Sequence[str]: ...


Ending = Callable[[FakeProvider, Received, float], Fault | None]


def broken(answer: Answer, *, is_taken: bool = False) -> Ending:
    return lambda fake, request, slow_s: Fault(answer=answer, is_taken=is_taken)


def refused(status: int, *, is_taken: bool = False, **headers: str) -> Ending:
    return lambda fake, request, slow_s: Fault(
        answer=fake.trouble(status, **headers), is_taken=is_taken
    )


def slow(fake: FakeProvider, request: Received, slow_s: float) -> Fault:
    return Fault(is_taken=True, delay_s=slow_s)


def unreadable(fake: FakeProvider, request: Received, slow_s: float) -> Fault:
    answer = fake.take(request)
    # A call that is refused as a whole is answered with no 2xx.
    return Fault(answer=UNREADABLE if answer.status < 300 else answer)


def repeated(fake: FakeProvider, request: Received, slow_s: float) -> None:
    fake.take(request)


def lied(fake: FakeProvider, request: Received, slow_s: float) -> Fault:
    before = len(fake.accepted)
    answer = fake.take(request)
    del fake.accepted[before:]
    return Fault(answer=answer)


HTTP: Mapping[str, Ending] = {
    "reset": broken(RESET),
    "reset, taken": broken(RESET, is_taken=True),
    "closed": broken(DROPPED),
    "closed, taken": broken(DROPPED, is_taken=True),
    "half, taken": broken(HALF, is_taken=True),
    UNREAD: unreadable,
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
        if fault is None or fault.is_taken or ending == UNREAD:
            self._taken.add(told)
        return fault

    def _fitting(self, ending: str, people: Set[str], told: bytes) -> str:
        """
        The *ending*, where a call can have it: what was taken once is no longer too large, nor is
        what holds one message or none.
        """
        is_never = ending == "413" and (told in self._taken or len(people) < 2)
        return WELL if is_never or self._times[told] > MOST_TIMES else ending

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


CUT = b"250-2.0.0 Ok"
# The command at which each comes, "." for a message's end, and what is said or done instead.
SMTP: Mapping[str, tuple[str, str | Break]] = {
    "reset": ("MAIL", Break(is_reset=True)),
    "reset, taken": (".", Break(is_taken=True, is_reset=True)),
    "closed": ("RCPT", Break()),
    "closed at the end": (".", Break()),
    "closed, taken": (".", Break(is_taken=True)),
    "half, taken": (".", Break(is_taken=True, said=CUT)),
    "unreadable, taken": (".", Break(is_taken=True, said=b"<html>All is well</html>\r\n")),
    "slow, taken": (".", Break(is_taken=True)),
    "421": (".", "421 4.3.2 shutting down"),
    "450": ("RCPT", "450 4.2.0 come again later"),
    "451": ("MAIL", "451 4.3.0 not now"),
    "452": (".", "452 4.3.1 no room for now"),
}
NO_SUCH_READER = "550 5.1.1 nobody of that name"


@dataclass(kw_only=True)
class SmtpEnd(FarEnd):
    server: SmtpServer = field(default_factory=SmtpServer)
    # A session has a thread of its own.
    _here: threading.local = field(default_factory=threading.local)

    def arrived(self) -> Sequence[Arrived]:
        return [read_eml(one.raw) for one in self.server.taken]

    @property
    def wrong(self) -> Sequence[str]:
        return self.server.faults

    def script(self, command: str) -> str | Break | None:
        """
        What is said to *command*, None where that is what it usually is.
        """
        verb = command.split(" ")[0].upper()
        if verb == "MAIL":
            self._here.ending = self._begin()
        if verb == "RCPT" and any(f"<{who}>" in command for who in self.world.refused):
            return NO_SUCH_READER
        at, told = SMTP.get(getattr(self._here, "ending", WELL), ("", ""))
        if at != verb:
            return None
        is_slow = self._here.ending == "slow, taken"
        return Break(is_taken=True, delay_s=self.world.slow_s) if is_slow else told

    def _begin(self) -> str:
        with self.guard:
            self.calls += 1
            ending = self.deck.count(self.deck.deal())
            at, told = SMTP.get(ending, ("", ""))
            self.doubtful += at == "." and isinstance(told, Break)
            return ending


@contextlib.contextmanager
def smtp_end(world: World, *, batch: int) -> Iterator[tuple[SmtpEnd, str]]:
    """
    An SMTP server, and its port.
    """
    endings = tuple(SMTP) if world.endings is None else world.endings
    deck = Deck(endings, every=world.every, seed=f"smtp-{world.seed}")
    end = SmtpEnd(world=world, deck=deck, a_batch=batch)
    end.server.script = end.script
    with end.server:
        yield end, str(end.server.port)


@contextlib.contextmanager
def far_end(kind: str, world: World, *, batch: int) -> Iterator[tuple[FarEnd, str]]:
    """
    The provider of *kind*, and where it listens.
    """
    if kind == "smtp":
        with smtp_end(world, batch=batch) as found:
            yield found
    else:
        flavours = {**FLAVOURS, "plain": FakePlain}
        with http_end(flavours[kind], world) as opened:
            yield opened
