"""
Keep sessions with an SMTP server open; each is used by one thread at a time.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from newsletter.providers.smtp.connect import SmtpEndpoint, open_session
from newsletter.providers.smtp.session import SmtpSession

# Servers should wait five minutes for a command (RFC 5321 section 4.5.3.2.7); many wait less.
IDLE_S = 30.0
# Many servers limit the number of messages on one connection.
MAX_MAILS = 100


class SessionPool:
    """
    A pool with as many sessions as are in use at once.

    The session used last is used next, so that the others can expire.
    """

    def __init__(
        self,
        server: SmtpEndpoint,
        *,
        tls: ssl.SSLContext,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = server
        self._tls = tls
        self._monotonic_s = monotonic_s
        self._idle: list[SmtpSession] = []
        self._guard = threading.Lock()

    @contextmanager
    def borrow(self, *, ends_at_s: float) -> Iterator[SmtpSession]:
        """
        Lend a session to one call that ends at *ends_at_s*; open one if none is idle.

        Afterwards, keep it for the next call, or close it if it is over or has sent enough mails.

        Raises:
            NoSession: the server cannot be reached or used.
        """
        session = self._take(ends_at_s)
        try:
            yield session
        finally:
            self._give_back(session)

    def _take(self, ends_at_s: float) -> SmtpSession:
        while (session := self._pop_idle()) is not None:
            if self._monotonic_s() - session.used_at_s < IDLE_S and session.is_reusable():
                session.ends_at_s = ends_at_s
                return session
            session.close()
        return open_session(
            self._server, tls=self._tls, ends_at_s=ends_at_s, monotonic_s=self._monotonic_s
        )

    def _give_back(self, session: SmtpSession) -> None:
        if session.is_over or session.mails >= MAX_MAILS:
            session.close()
            return
        session.used_at_s = self._monotonic_s()
        with self._guard:
            self._idle.append(session)

    def close(self) -> None:
        """
        Close every idle session.
        """
        while (session := self._pop_idle()) is not None:
            session.close()

    def _pop_idle(self) -> SmtpSession | None:
        with self._guard:
            return self._idle.pop() if self._idle else None
