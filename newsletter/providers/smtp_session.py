"""
A session with an SMTP server: opened, secured and logged in, then commands in groups and their
replies in order (RFC 2920), under one deadline a call. `smtp_handover` has the conversation.

smtplib waits for each reply before the next command, which costs a mail three journeys more.
"""

from __future__ import annotations

import base64
import re
import select
import socket
import ssl
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from newsletter.providers.smtp_replies import Lost, NoSession, Reply, refused_login

CONNECT_S = 10.0
# RFC 5321 section 4.5.3.1.5 has lines of 512 octets; some servers put a page's address behind.
_LONGEST_LINE = 4_096
_MOST_LINES = 100
# A TLS record's content (RFC 8446 section 5.1): of a write that breaks, no more than this is
# unknown.
_RECORD = 16_384
_NUL = b"\0"
_REPLY_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Server:
    """
    Where mail is handed in, and as whom; without a username as nobody. *security* is `none`,
    `starttls` or `tls`.
    """

    host: str
    port: int
    security: str = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)


class Session:
    """
    One connection to *server*, opened and logged in by *ends_at_s* of *monotonic_s*, which each
    call sets anew. One thread at a time.

    Raises:
        NoSession: the server cannot be reached or used; nothing was handed over.
    """

    def __init__(
        self,
        server: Server,
        *,
        tls: ssl.SSLContext,
        ends_at_s: float,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ends_at_s = ends_at_s
        self.mails = 0
        # A transaction was begun and not ended: the next one begins with RSET.
        self.is_dirty = False
        # Nothing more goes over it.
        self.is_over = False
        self._monotonic_s = monotonic_s
        self._queue: deque[bytes] = deque()
        self._read = bytearray()
        self._sock = _connected(server, left_s=min(CONNECT_S, self._left_s()))
        try:
            self._enter(server, tls)
            # Only now: the words before are answered one by one.
            self._is_pipelining = "PIPELINING" in self.extensions
        except BaseException:
            self._sock.close()
            raise
        self.used_at_s = monotonic_s()

    _is_pipelining = False
    extensions: Mapping[str, str]

    def put(self, *commands: bytes) -> None:
        """
        Has *commands* go out with the next `get`, each whole with its line's end: all at once, or
        one by one where the server does not take them in groups.
        """
        self._queue.extend(commands)

    def get(self) -> Reply:
        """
        The next reply.

        Raises:
            Lost: there will be none.
        """
        if self._queue:
            group = list(self._queue) if self._is_pipelining else [self._queue[0]]
            for _ in group:
                self._queue.popleft()
            self._write(b"".join(group))
        return self._reply()

    def ask(self, command: str) -> Reply:
        """
        The reply to one command.
        """
        self.put(command.encode("utf-8") + b"\r\n")
        return self.get()

    @property
    def max_bytes(self) -> int | None:
        """
        How large a message may be, where the server says so (RFC 1870); 0 stands for no limit.
        """
        told = self.extensions.get("SIZE", "")
        return int(told) or None if told.isdecimal() else None

    def is_alive(self) -> bool:
        """
        Whether the server neither left nor said anything unasked (421, before it does).
        """
        return not self._read and not select.select([self._sock], [], [], 0)[0]

    def close(self) -> None:
        """
        Leaves, politely where that takes no time.
        """
        try:
            self._sock.settimeout(0.0)
            self._sock.send(b"QUIT\r\n")
        except OSError:
            pass
        self._sock.close()

    def _enter(self, server: Server, tls: ssl.SSLContext) -> None:
        try:
            if server.security == "tls":
                self._secure(server.host, tls)
            self._expect(self._reply(), "the greeting")
            self._greet()
            if server.security == "starttls":
                self._start_tls(server, tls)
            if server.username:
                self._log_in(server)
        except Lost as lost:
            raise NoSession(f"{server.host}: {lost.reason}") from lost
        except ssl.SSLCertVerificationError as error:
            raise NoSession(
                f"{server.host}: its certificate is not trusted ({error.verify_message})",
                advice="check host, or have this machine trust the server's certificate",
            ) from error
        except ssl.SSLError as error:
            raise NoSession(
                f"{server.host}: no TLS ({error.reason})", advice="check port and security"
            ) from error
        except OSError as error:
            raise NoSession(f"{server.host}: {error}") from error

    def _greet(self) -> None:
        """
        EHLO, and what the server can do: each keyword with its parameters.
        """
        reply = self.ask(f"EHLO {_own_name(self._sock)}")
        self._expect(reply, "EHLO")
        words = (line.upper().partition(" ") for line in reply.lines[1:])
        self.extensions = {keyword: rest.strip() for keyword, _, rest in words}

    def _start_tls(self, server: Server, tls: ssl.SSLContext) -> None:
        if "STARTTLS" not in self.extensions:
            raise NoSession(
                f"{server.host} offers no STARTTLS on port {server.port}",
                advice='check port, or write security = "tls" (or "none")',
            )
        self._expect(self.ask("STARTTLS"), "STARTTLS")
        # Words from before TLS may be anybody's (CVE-2011-0411).
        if self._read:
            raise NoSession(f"{server.host} spoke between STARTTLS and TLS")
        self._secure(server.host, tls)
        self._greet()

    def _secure(self, host: str, tls: ssl.SSLContext) -> None:
        self._sock.settimeout(min(CONNECT_S, self._left_s()))
        self._sock = tls.wrap_socket(self._sock, server_hostname=host)

    def _log_in(self, server: Server) -> None:
        ways = self.extensions.get("AUTH", "").split()
        name, password = server.username.encode(), server.password.encode()
        if "PLAIN" in ways:
            # RFC 4616: as whom to act (nobody else), who, and the password.
            reply = self.ask(f"AUTH PLAIN {_in_64(_NUL.join((b'', name, password)))}")
        elif "LOGIN" in ways:
            reply = self._say(f"AUTH LOGIN {_in_64(name)}", _in_64(password))
        else:
            raise NoSession(
                f"{server.host} offers no AUTH by password on port {server.port}",
                advice="check port and security, or take username and password out",
            )
        if reply.code != 235:
            raise refused_login(server.host, reply)

    def _say(self, command: str, second: str) -> Reply:
        reply = self.ask(command)
        return self.ask(second) if reply.code == 334 else reply

    def _expect(self, reply: Reply, what: str) -> None:
        if reply.code // 100 != 2:
            is_for_now = reply.code // 100 == 4
            raise NoSession(
                f"{what} was answered with {reply}",
                advice=None if is_for_now else "check host and port",
            )

    def _write(self, data: bytes) -> None:
        """
        Writes all of it, each piece with the time left measured again.
        """
        is_tls = isinstance(self._sock, ssl.SSLSocket)
        view, sent = memoryview(data), 0
        while sent < len(data):
            piece = view[sent : sent + _RECORD] if is_tls else view[sent:]
            try:
                self._sock.settimeout(self._left_s())
                sent += self._sock.send(piece)
            except OSError as error:
                # A TLS record that broke may have gone; a plain send that failed sent nothing.
                left = sent + len(piece) if is_tls else sent
                raise Lost(_told(error), left=left) from error

    def _reply(self) -> Reply:
        lines: list[str] = []
        while len(lines) < _MOST_LINES:
            found = _REPLY_LINE.fullmatch(self._line())
            if found is None:
                raise Lost("the server does not speak SMTP here", left=sys.maxsize)
            lines.append((found[3] or b"").decode("utf-8", "replace"))
            if found[2] != b"-":
                return Reply(int(found[1]), tuple(lines))
        raise Lost("a reply without an end", left=sys.maxsize)

    def _line(self) -> bytes:
        while (end := self._read.find(b"\n")) < 0:
            if len(self._read) > _LONGEST_LINE:
                raise Lost("a line without an end", left=sys.maxsize)
            self._fill()
        line = bytes(self._read[:end]).rstrip(b"\r")
        del self._read[: end + 1]
        return line

    def _fill(self) -> None:
        try:
            self._sock.settimeout(self._left_s())
            read = self._sock.recv(_LONGEST_LINE)
        except OSError as error:
            raise Lost(_told(error), left=sys.maxsize) from error
        if not read:
            raise Lost("the server closed the connection", left=sys.maxsize)
        self._read += read

    def _left_s(self) -> float:
        left_s = self.ends_at_s - self._monotonic_s()
        if left_s <= 0:
            raise TimeoutError("the deadline passed")
        return left_s


def _connected(server: Server, *, left_s: float) -> socket.socket:
    try:
        sock = socket.create_connection((server.host, server.port), timeout=left_s)
    # A label of more than 63 characters is a UnicodeError from Python's idna codec.
    except (OSError, UnicodeError) as error:
        raise NoSession(f"{server.host} port {server.port}: {error}") from error
    # Without it the end of each message would wait for the last one's acknowledgement.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _own_name(sock: socket.socket) -> str:
    """
    Who we are: the machine's name where it is a whole one, else its address in brackets (RFC 5321
    section 4.1.4).
    """
    name = socket.gethostname()
    if "." in name and name.isascii():
        return name
    address = sock.getsockname()[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _in_64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _told(error: OSError) -> str:
    return str(error) or type(error).__name__
