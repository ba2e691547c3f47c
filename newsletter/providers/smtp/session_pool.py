"""
Keep sessions with one SMTP server open; each serves one thread at a time.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from newsletter.providers.smtp.connect import SmtpEndpoint, open_session
from newsletter.providers.smtp.session import SmtpSession

# Servers wait five minutes for the next command (RFC 5321 section 4.5.3.2.7), many of them less.
IDLE_S = 30.0
# Many servers want a new connection after so many messages.
MAX_MAILS = 100


class SessionPool:
    """
    As many sessions as are in use at once.

    The one used last is used next, so that the others may expire.
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

        Afterwards it is kept for the next call, or closed if it is over or has carried enough
        mails.

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
