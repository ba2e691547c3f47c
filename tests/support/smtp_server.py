"""
A real SMTP server on the loopback interface that keeps what it takes, and fails as it is told to.
It shares no code with the product, and holds a client to the protocol: a command out of order is a
fault.
"""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import socketserver
import ssl
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from loopback import Listener, Loopback

EXTENSIONS = ("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "SIZE 10240000")
_ADDRESS = re.compile(r"(?:MAIL FROM|RCPT TO):<([!-~]*)>(?: .*)?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Taken:
    """
    A message in its envelope, as the client meant it: doubled dots are single again.
    """

    sender: str
    recipient: str
    raw: bytes


@dataclass(frozen=True)
class Break:
    """
    Instead of a reply the connection ends, with a reset or not, after *delay_s*; a message was
    taken before or not. *said* is sent first.
    """

    is_taken: bool = False
    is_reset: bool = False
    delay_s: float = 0.0
    said: bytes = b""


# What to answer to a command ("RCPT TO:<a@b>", "." for a message's end); None: as usual.
Script = Callable[[str], "str | Break | None"]


@dataclass(kw_only=True)
class SmtpServer(Loopback):
    """
    `with SmtpServer() as server:` listens until the block ends. *people* may log in, by name and
    password, and then nobody else may send. With *tls* it offers STARTTLS, or speaks TLS from the
    first byte on if *is_tls*.
    """

    script: Script = lambda command: None
    extensions: tuple[str, ...] = EXTENSIONS
    people: Mapping[str, str] = field(default_factory=dict)
    ways: str = "PLAIN LOGIN"
    greeting: str = "220 mx.example ESMTP"
    tls: ssl.SSLContext | None = None
    is_tls: bool = False
    taken: list[Taken] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        super().__init__(_Listener(self))


class _Listener(Listener):
    def __init__(self, smtp: SmtpServer) -> None:
        self.smtp = smtp
        super().__init__(_SmtpHandler)


class _Gone(Exception):
    pass


class _SmtpHandler(socketserver.BaseRequestHandler):
    server: _Listener

    def handle(self) -> None:
        self.smtp = self.server.smtp
        self.smtp.connections += 1
        self.sock: socket.socket = self.request
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.read = b""
        self.is_known = not self.smtp.people
        self._forget()
        with contextlib.suppress(_Gone, OSError, ssl.SSLError):
            if self.smtp.tls is not None and self.smtp.is_tls:
                self._secure()
            self._say(self.smtp.greeting)
            while True:
                self._obey(self._line())

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.close()

    def _forget(self) -> None:
        self.sender: str | None = None
        self.recipients: list[str] = []

    def _secure(self) -> None:
        assert self.smtp.tls is not None
        self.sock = self.smtp.tls.wrap_socket(self.sock, server_side=True)
        self.server.watch(self.sock)

    def _obey(self, line: str) -> None:
        self.smtp.commands.append(line)
        reply = self.smtp.script(line)
        if isinstance(reply, Break):
            self._break(reply)
        verb = line.split(" ")[0].split(":")[0].upper()
        handler = getattr(self, f"do_{verb.lower()}", None)
        if reply is not None and not (verb == "DATA" and reply.startswith("354")):
            self._say(reply)
        elif handler is None:
            self._fault(line, "500 5.5.2 no such command")
        else:
            handler(line)

    def do_ehlo(self, line: str) -> None:
        words = list(self.smtp.extensions)
        if self.smtp.tls is not None and not isinstance(self.sock, ssl.SSLSocket):
            words.append("STARTTLS")
        if self.smtp.people:
            words.append(f"AUTH {self.smtp.ways}")
        lines = ["mx.example", *words]
        last = len(lines) - 1
        self._say(
            "\r\n".join(f"250{' ' if n == last else '-'}{one}" for n, one in enumerate(lines))
        )

    def do_starttls(self, line: str) -> None:
        self._say("220 2.0.0 go ahead")
        self._secure()

    def do_auth(self, line: str) -> None:
        words = line.split(" ")
        if words[1] == "PLAIN":
            _, name, password = base64.b64decode(words[2]).decode().split("\0")
        else:
            name = base64.b64decode(words[2]).decode()
            self._say("334 UGFzc3dvcmQ6")
            password = base64.b64decode(self._line()).decode()
        self.is_known = self.smtp.people.get(name) == password
        self._say("235 2.7.0 welcome" if self.is_known else "535 5.7.8 wrong name or password")

    def do_mail(self, line: str) -> None:
        found = _ADDRESS.fullmatch(line)
        if found is None or self.sender is not None:
            self._fault(line, "503 5.5.1 nested MAIL, or no address")
        elif not self.is_known:
            self._say("530 5.7.0 who are you?")
        else:
            self.sender = found[1]
            self._say("250 2.1.0 Ok")

    def do_rcpt(self, line: str) -> None:
        found = _ADDRESS.fullmatch(line)
        if self.sender is None or found is None:
            self._say("503 5.5.1 MAIL first")
        else:
            self.recipients.append(found[1])
            self._say("250 2.1.5 Ok")

    def do_data(self, line: str) -> None:
        if not self.recipients and self.smtp.script(line) is None:
            self._say("554 5.5.1 no valid recipients")
            return
        self._say("354 go ahead")
        raw = self._message()
        self.smtp.commands.append(".")
        reply = self.smtp.script(".")
        if isinstance(reply, Break):
            if reply.is_taken:
                self._take(raw)
            self._break(reply)
        elif reply is not None or not self.recipients:
            self._say(reply or "554 5.5.1 no valid recipients")
        else:
            self._take(raw)
            self._say("250 2.0.0 Ok: queued as 4T5k")
        self._forget()

    def do_rset(self, line: str) -> None:
        self._forget()
        self._say("250 2.0.0 Ok")

    def do_quit(self, line: str) -> None:
        self._say("221 2.0.0 Bye")
        raise _Gone

    def _take(self, raw: bytes) -> None:
        assert self.sender is not None
        for one in self.recipients:
            self.smtp.taken.append(Taken(sender=self.sender, recipient=one, raw=raw))

    def _message(self) -> bytes:
        lines: list[bytes] = []
        while (line := self._raw_line()) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def _fault(self, line: str, reply: str) -> None:
        self.smtp.faults.append(line)
        self._say(reply)

    def _break(self, how: Break) -> None:
        time.sleep(how.delay_s)
        if how.said:
            self.sock.sendall(how.said)
        if how.is_reset:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise _Gone

    def _say(self, text: str) -> None:
        self.sock.sendall(text.encode() + b"\r\n")

    def _line(self) -> str:
        return self._raw_line().decode("ascii").removesuffix("\r\n")

    def _raw_line(self) -> bytes:
        while b"\n" not in self.read:
            some = self.sock.recv(65_536)
            if not some:
                raise _Gone
            self.read += some
        line, _, self.read = self.read.partition(b"\n")
        return line + b"\n"
