"""
Exchange commands and replies with an SMTP server, pipelined (RFC 2920), with one deadline per call.

smtplib waits for each reply before the next command, which costs three more round trips per mail.
"""

from __future__ import annotations

import re
import select
import socket
import ssl
import struct
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping

from newsletter.providers.smtp.replies import ConnectionLost, Reply

# RFC 5321 section 4.5.3.1.5 limits lines to 512 octets; some servers append a URL.
_LONGEST_LINE = 4_096
_MAX_REPLY_LINES = 100
# The largest TLS record (RFC 8446 section 5.1): after a failed write, no more than this is unknown.
_RECORD = 16_384
_SLACK_S = 0.25
_REPLY_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)


class SmtpSession:
    """
    One connection, for one thread at a time.

    Each call sets its deadline *ends_at_s*, in seconds of *monotonic_s*. `extensions` holds the
    keywords of EHLO with their parameters.
    """

    def __init__(
        self,
        sock: socket.socket,
        *,
        ends_at_s: float,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ends_at_s = ends_at_s
        self.used_at_s = monotonic_s()
        self.mails = 0
        self.extensions: Mapping[str, str] = {}
        # A transaction was begun but did not end, so the next one begins with RSET.
        self.is_dirty = False
        # The session must no longer be used.
        self.is_over = False
        # The operating system enforces the timeout; with Python's own, each call would be two.
        sock.settimeout(None)
        self._sock = sock
        self._limit_s = 0.0
        self._monotonic_s = monotonic_s
        self._queue: deque[bytes] = deque()
        self._read = bytearray()

    def put(self, *commands: bytes) -> None:
        """
        Queue *commands* for the next `get`, each with its line ending.

        They are sent together, or one by one if the server does not support pipelining.
        """
        self._queue.extend(commands)

    def get(self) -> Reply:
        """
        Send what is queued and return the next reply.

        Raises:
            ConnectionLost: there will be no reply.
        """
        if self._queue:
            group = list(self._queue) if self.supports_pipelining else [self._queue[0]]
            for _ in group:
                self._queue.popleft()
            self._write(b"".join(group))
        return self._reply()

    def ask(self, command: str) -> Reply:
        """
        Send one command and return its reply.
        """
        self.put(command.encode("utf-8") + b"\r\n")
        return self.get()

    def greet(self) -> Reply:
        """
        Send EHLO, store the `extensions` and return the reply.
        """
        reply = self.ask(f"EHLO {_own_name(self._sock)}")
        keywords = (line.upper().partition(" ") for line in reply.text_lines[1:])
        self.extensions = {keyword: parameters.strip() for keyword, _, parameters in keywords}
        return reply

    def secure(self, tls: ssl.SSLContext, host: str, *, within_s: float) -> None:
        """
        Continue over TLS with *host*.

        Raises:
            ConnectionLost: the server sent more in clear text, which may be an attacker's
                (CVE-2011-0411).
            OSError: TLS failed, or the server is not *host*.
        """
        if self._read:
            raise ConnectionLost("the server sent data between STARTTLS and TLS", left=sys.maxsize)
        self._sock.settimeout(min(within_s, self._remaining_s()))
        self._sock = tls.wrap_socket(self._sock, server_hostname=host)

    @property
    def supports_pipelining(self) -> bool:
        """
        Whether the server supports pipelining.
        """
        return "PIPELINING" in self.extensions

    @property
    def tls_version(self) -> str | None:
        return self._sock.version() if isinstance(self._sock, ssl.SSLSocket) else None

    @property
    def max_bytes(self) -> int | None:
        """
        The largest message that the server accepts (RFC 1870); None if it states no limit.
        """
        size = self.extensions.get("SIZE", "")
        if not size.isdecimal() or int(size) == 0:
            return None
        return int(size)

    def is_reusable(self) -> bool:
        """
        Return whether the server has neither closed the connection nor sent anything (such as 421).
        """
        # select(2) only supports file descriptors below 1,024.
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        return not self._read and not poll.poll(0)

    def __str__(self) -> str:
        parts = [
            f"connected over {self.tls_version}" if self.tls_version else "connected without TLS",
            f"accepts messages of {self.max_bytes:,} bytes" if self.max_bytes else "",
            "supports pipelining" if self.supports_pipelining else "no pipelining",
        ]
        return ", ".join(part for part in parts if part)

    def drop(self) -> None:
        """
        Close the connection at once.
        """
        self._sock.close()

    def close(self) -> None:
        """
        Send QUIT without waiting, and close the connection.
        """
        try:
            self._sock.settimeout(0.0)
            self._sock.send(b"QUIT\r\n")
        except OSError:
            pass
        self._sock.close()

    def _write(self, data: bytes) -> None:
        """
        Write all of *data* in parts, each within the time left.
        """
        is_tls = isinstance(self._sock, ssl.SSLSocket)
        view, sent = memoryview(data), 0
        while sent < len(data):
            chunk = view[sent : sent + _RECORD] if is_tls else view[sent:]
            try:
                self._apply_timeout()
                sent += self._sock.send(chunk)
            except OSError as error:
                # A TLS record may have been sent partly; a plain send that failed sent nothing.
                sent_at_most = sent + len(chunk) if is_tls else sent
                raise ConnectionLost(_describe(error), left=sent_at_most) from error

    def _reply(self) -> Reply:
        lines: list[str] = []
        while len(lines) < _MAX_REPLY_LINES:
            found = _REPLY_LINE.fullmatch(self._line())
            if found is None:
                raise ConnectionLost("the server's reply is not SMTP", left=sys.maxsize)
            lines.append((found[3] or b"").decode("utf-8", "replace"))
            if found[2] != b"-":
                return Reply(int(found[1]), tuple(lines))
        raise ConnectionLost("a reply that does not end", left=sys.maxsize)

    def _line(self) -> bytes:
        while (end := self._read.find(b"\n")) < 0:
            if len(self._read) > _LONGEST_LINE:
                raise ConnectionLost("a line that does not end", left=sys.maxsize)
            self._fill()
        line = bytes(self._read[:end]).rstrip(b"\r")
        del self._read[: end + 1]
        return line

    def _fill(self) -> None:
        try:
            self._apply_timeout()
            read = self._sock.recv(_LONGEST_LINE)
        except OSError as error:
            raise ConnectionLost(_describe(error), left=sys.maxsize) from error
        if not read:
            raise ConnectionLost("the server closed the connection", left=sys.maxsize)
        self._read += read

    def _apply_timeout(self) -> None:
        """
        Limit the next read or write to the time left; without TLS, to within a quarter of a second.
        """
        remaining_s = self._remaining_s()
        if isinstance(self._sock, ssl.SSLSocket):
            # ssl calls the system repeatedly, so the socket options are not enough.
            self._sock.settimeout(remaining_s)
            return
        if remaining_s <= self._limit_s <= remaining_s + _SLACK_S:
            return
        self._limit_s = remaining_s
        seconds, fraction_s = divmod(remaining_s, 1.0)
        limit = struct.pack("ll", int(seconds), max(1, int(fraction_s * 1_000_000)))
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self._sock.setsockopt(socket.SOL_SOCKET, option, limit)

    def _remaining_s(self) -> float:
        remaining_s = self.ends_at_s - self._monotonic_s()
        if remaining_s <= 0:
            raise TimeoutError("the deadline passed")
        return remaining_s


def _own_name(sock: socket.socket) -> str:
    """
    Return this machine's name if it is fully qualified, else its address in brackets (RFC 5321
    section 4.1.4).
    """
    name = socket.gethostname()
    if "." in name and name.isascii():
        return name
    address = sock.getsockname()[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _describe(error: OSError) -> str:
    if isinstance(error, BlockingIOError | TimeoutError):
        return "the deadline passed"
    return error.strerror or str(error) or type(error).__name__
