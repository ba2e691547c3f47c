"""
A real IMAP server on the loopback interface that knows as much of RFC 3501 as reading a folder
needs, can be told to misbehave, and records the commands. It refuses every command that would
change mail.
"""

from __future__ import annotations

import base64
import contextlib
import re
import shutil
import socket
import socketserver
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from loopback import Listener, Loopback

USER, PASSWORD = "sam@example.org", "p\u00e4ss w\u00f6rd"
# As an answer: say nothing until the client goes away.
HANG = b""


@dataclass(frozen=True, kw_only=True)
class Held:
    """
    One mail in the folder. `size` is what RFC822.SIZE says if it lies.
    """

    uid: int
    raw: bytes
    flags: str = ""
    size: int | None = None


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """
    Make a self-signed certificate for *name* (`DNS:mail.example.org`), and its key.
    """
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl program to make a certificate with")
    words = (
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout key.pem "
        f"-out cert.pem -subj /CN=test -addext subjectAltName={name}"
    )
    subprocess.run([openssl, *words.split()], cwd=folder, check=True, capture_output=True)
    return folder / "cert.pem", folder / "key.pem"


class ImapServer(Loopback):
    """
    `with ImapServer() as server:` listens on 127.0.0.1 until the block ends.

    With *tls* it begins with TLS, with *starttls* it offers it. `scripted` replaces the answer to a
    command (`UID FETCH 7 (BODY.PEEK[])`, or its first word), with `{tag}` filled in; `drip_s` are
    the seconds it waits after each byte.
    """

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None
    ) -> None:
        self.tls, self.starttls = tls, starttls
        self.greeting = b"* OK ready\r\n"
        self.can = "IMAP4rev1 AUTH=PLAIN"
        self.password = PASSWORD
        self.drip_s = 0.0
        self.folder, self.uidvalidity = "INBOX", 7
        self.mails: list[Held] = []
        self.scripted: dict[str, bytes] = {}
        self.commands: list[str] = []
        super().__init__(_Server(self))

    def put(self, raw: bytes, *, flags: str = "", size: int | None = None) -> None:
        """
        Put a mail into the folder, under the next UID.
        """
        uid = self.mails[-1].uid + 1 if self.mails else 1
        self.mails.append(Held(uid=uid, raw=raw, flags=flags, size=size))

    def asked(self, word: str) -> list[str]:
        """
        Return the commands that begin with *word*.
        """
        return [command for command in self.commands if command.startswith(word)]


class _Server(Listener):
    def __init__(self, installation: ImapServer) -> None:
        self.installation = installation
        super().__init__(_Talk)


class _Talk(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        self.installation = self.server.installation
        self.connection: socket.socket = self.request
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError):
            if self.installation.tls:
                self._secure(self.installation.tls)
            self._say(self.installation.greeting)
            while line := self._line():
                self._answer(line)
        self.connection.close()

    def _line(self) -> str:
        """
        Read one line, byte by byte: what follows STARTTLS must not be read here.
        """
        line = b""
        while not line.endswith(b"\r\n") and (byte := self.connection.recv(1)):
            line += byte
        return line.decode().removesuffix("\r\n")

    def _secure(self, tls: ssl.SSLContext) -> None:
        self.connection = tls.wrap_socket(self.connection, server_side=True)
        self.server.watch(self.connection)

    def _say(self, data: bytes) -> None:
        if data == HANG:
            self.connection.recv(1)
        step = 1 if self.installation.drip_s else max(1, len(data))
        for place in range(0, len(data), step):
            self.connection.sendall(data[place : place + step])
            time.sleep(self.installation.drip_s)

    def _answer(self, line: str) -> None:
        tag, _, command = line.partition(" ")
        self.installation.commands.append(command)
        word = command.partition(" ")[0]
        scripted = self.installation.scripted.get(command, self.installation.scripted.get(word))
        if scripted is not None:
            self._say(scripted.replace(b"{tag}", tag.encode()))
            return
        for piece in self._talked(word, command):
            end = b"" if piece.endswith(b"\r\n") else b"\r\n"
            self._say(piece.replace(b"{tag}", tag.encode(), 1) + end)
        if word == "STARTTLS" and self.installation.starttls:
            self._secure(self.installation.starttls)
            self.installation.starttls = None

    def _talked(self, word: str, command: str) -> Iterator[bytes]:
        match word:
            case "CAPABILITY":
                offer = " STARTTLS" if self.installation.starttls else ""
                yield f"* CAPABILITY {self.installation.can}{offer}".encode()
                yield b"{tag} OK done"
            case "AUTHENTICATE":
                yield b"+ "
                said = base64.b64decode(self._line()).decode()
                yield self._let_in(said == f"\0{USER}\0{self.installation.password}")
            case "LOGIN":
                yield self._let_in(command == f'LOGIN "{USER}" "{self.installation.password}"')
            case "EXAMINE":
                yield from self._examined(command.partition(" ")[2])
            case "UID":
                yield from self._asked_by_uid(command)
                yield b"{tag} OK done"
            case "LOGOUT":
                yield b"* BYE\r\n{tag} OK done"
            case "STARTTLS" if self.installation.starttls:
                yield b"{tag} OK done"
            case _:
                yield b"{tag} BAD not here"

    def _let_in(self, is_right: bool) -> bytes:
        # As some servers do, it repeats who failed, and how.
        said = f"{USER} {self.installation.password}".encode()
        return b"{tag} OK done" if is_right else b"{tag} NO [AUTHENTICATIONFAILED] " + said

    def _examined(self, name: str) -> Iterator[bytes]:
        if name != f'"{self.installation.folder}"':
            yield b"{tag} NO [NONEXISTENT] no such folder"
            return
        yield f"* {len(self.installation.mails)} EXISTS".encode()
        yield f"* OK [UIDVALIDITY {self.installation.uidvalidity}] valid".encode()
        yield b"{tag} OK [READ-ONLY]"

    def _asked_by_uid(self, command: str) -> Iterator[bytes]:
        held = self.installation.mails
        if search := re.fullmatch(r"UID SEARCH (UID )?(\d+):\*", command):
            first = int(search[2])
            # RFC 3501 section 6.4.8: the last one always is in a range that ends in a star.
            found = [mail.uid for mail in held if mail.uid >= first] or [held[-1].uid]
            chosen = found if search[1] else [mail.uid for mail in held[first - 1 :]]
            yield " ".join(["* SEARCH", *map(str, chosen)]).encode()
            return
        _, _, numbers, wanted = command.split(" ", 3)
        for place, mail in enumerate(held, start=1):
            if str(mail.uid) in numbers.split(","):
                yield self._fetched(place, mail, wanted)

    def _fetched(self, place: int, mail: Held, wanted: str) -> bytes:
        if wanted == "(BODY.PEEK[])":
            head = f"* {place} FETCH (UID {mail.uid} BODY[] {{{len(mail.raw)}}}\r\n"
            return head.encode() + mail.raw + b")"
        size = len(mail.raw) if mail.size is None else mail.size
        about = f"UID {mail.uid} FLAGS ({mail.flags}) RFC822.SIZE {size}"
        return f"* {place} FETCH ({about})".encode()
