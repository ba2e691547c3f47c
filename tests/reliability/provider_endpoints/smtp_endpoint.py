"""
An SMTP server each of whose messages may end badly.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fake_provider import Arrived
from flavours import read_eml
from smtp_server import Break, SmtpServer

from reliability.provider_endpoints.endpoint import FarEnd, World
from reliability.provider_endpoints.shuffled_endings import WELL, Deck

CUT, LATE = b"250-2.0.0 Ok", b"250 2.0.0 Ok, at last\r\n"
SLOW = "slow, taken"
# The command at which each comes, "." for a message's end, and what is said or done instead.
SMTP: Mapping[str, tuple[str, str | Break]] = {
    "reset": ("MAIL", Break(is_reset=True)),
    "reset, taken": (".", Break(is_taken=True, is_reset=True)),
    "closed": ("RCPT", Break()),
    "closed at the end": (".", Break()),
    "closed, taken": (".", Break(is_taken=True)),
    "half, taken": (".", Break(is_taken=True, said=CUT)),
    "unreadable, taken": (".", Break(is_taken=True, said=b"<html>All is well</html>\r\n")),
    SLOW: (".", Break(is_taken=True)),
    "421": (".", "421 4.3.2 shutting down"),
    "450": ("RCPT", "450 4.2.0 come again later"),
    "451": ("MAIL", "451 4.3.0 not now"),
    "452": (".", "452 4.3.1 no room for now"),
}
NO_SUCH_READER = "550 5.1.1 nobody of that name"


@dataclass(kw_only=True)
class SmtpEnd(FarEnd):
    server: SmtpServer = field(default_factory=SmtpServer)
    _guard: threading.Lock = field(default_factory=threading.Lock)
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
        if self._here.ending == SLOW:
            return Break(is_taken=True, delay_s=self.world.slow_s, said=LATE)
        return told

    def _begin(self) -> str:
        with self._guard:
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
