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

from reliability.provider_endpoints.endpoint import EndpointBehaviour, ProviderEndpoint
from reliability.provider_endpoints.shuffled_endings import NORMAL, ShuffledEndings

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
class SmtpEndpoint(ProviderEndpoint):
    server: SmtpServer = field(default_factory=SmtpServer)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    # A session has a thread of its own.
    _session: threading.local = field(default_factory=threading.local)

    def arrived(self) -> Sequence[Arrived]:
        return [read_eml(one.raw) for one in self.server.taken]

    @property
    def wrong(self) -> Sequence[str]:
        return self.server.faults

    def script(self, command: str) -> str | Break | None:
        """
        Choose what is said to *command*; None for the usual reply.
        """
        verb = command.split(" ")[0].upper()
        if verb == "MAIL":
            self._session.ending = self._begin()
        if verb == "RCPT" and any(f"<{who}>" in command for who in self.behaviour.refused):
            return NO_SUCH_READER
        at, reply = SMTP.get(getattr(self._session, "ending", NORMAL), ("", ""))
        if at != verb:
            return None
        if self._session.ending == SLOW:
            return Break(is_taken=True, delay_s=self.behaviour.slow_s, said=LATE)
        return reply

    def _begin(self) -> str:
        with self._guard:
            self.calls += 1
            ending = self.endings.count(self.endings.draw())
            at, reply = SMTP.get(ending, ("", ""))
            self.maybe_uncertain += at == "." and isinstance(reply, Break)
            return ending


@contextlib.contextmanager
def open_smtp_endpoint(
    behaviour: EndpointBehaviour, *, batch: int
) -> Iterator[tuple[SmtpEndpoint, str]]:
    """
    Run an SMTP server, and give it with its port.
    """
    endings = tuple(SMTP) if behaviour.endings is None else behaviour.endings
    shuffled = ShuffledEndings(endings, every=behaviour.every, seed=f"smtp-{behaviour.seed}")
    endpoint = SmtpEndpoint(behaviour=behaviour, endings=shuffled, messages_per_batch=batch)
    endpoint.server.script = endpoint.script
    with endpoint.server:
        yield endpoint, str(endpoint.server.port)
