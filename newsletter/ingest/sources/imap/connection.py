"""
Run imaplib over a connection that `login` opens, with a deadline and with byte limits for mails and
for lines.
"""

from __future__ import annotations

import contextlib
import imaplib
import io
import socket
import ssl
from typing import Any

from newsletter.isolation.network_policy import Deadline

# The limit for all lines together, which is everything a server sends except mails. 1 MB holds the
# UIDs of 95,000 mails, and imaplib's parsed lines take up to twenty times their bytes in memory.
MAX_LINE_BYTES = 1024 * 1024


class TooMuchData(Exception):
    """
    Raised when the server sends more than may be read. Not an imaplib error, since imaplib catches
    those and raises its own.
    """


class DeadlinePassed(Exception):
    """
    Raised when the deadline passes during the session. Not an OSError, since imaplib turns those of
    a send into its own abort.
    """


class ImapConnection(imaplib.IMAP4):
    """
    imaplib over a socket that is already connected, by overriding the five methods that imaplib
    provides for this. Mails, which are literals, may have *max_bytes* in total; lines
    MAX_LINE_BYTES.
    """

    def __init__(self, connected: socket.socket, *, deadline: Deadline, max_bytes: int) -> None:
        self._deadline = deadline
        self.bytes_left = max_bytes
        self._line_bytes_left = MAX_LINE_BYTES
        self._adopt(connected)
        super().__init__()

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        """
        Do nothing: the connection is already open, to the address that was checked.
        """

    def read(self, size: int) -> bytes:
        if size > self.bytes_left:
            raise TooMuchData
        self.bytes_left -= size
        return self._reader.read(size)

    def readline(self) -> bytes:
        line = self._reader.readline(self._line_bytes_left + 1)
        self._line_bytes_left -= len(line)
        if self._line_bytes_left < 0:
            raise TooMuchData
        return line

    def send(self, data: Any) -> None:
        try:
            self.sock.settimeout(self._deadline.left_s())
            self.sock.sendall(data)
        except TimeoutError as error:
            raise DeadlinePassed from error

    def shutdown(self) -> None:
        self._reader.close()
        # ENOTCONN if the server hung up first; after LOGOUT the socket is already closed.
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def begin_tls(self, tls: ssl.SSLContext, host: str) -> None:
        """
        Send STARTTLS, and discard everything received in clear text (RFC 3501 section 6.2.1).
        imaplib's own method would read on without the deadline.
        """
        response, _ = self.xatom("STARTTLS")
        if response != "OK":
            raise self.error("STARTTLS was refused")
        self.sock.settimeout(self._deadline.left_s())
        self._adopt(tls.wrap_socket(self.sock, server_hostname=host))
        self.untagged_responses = {}
        _, lines = self.capability()
        self.capabilities = tuple(lines[-1].decode("ascii").upper().split())

    def _adopt(self, connected: socket.socket) -> None:
        self.sock = connected
        self._reader = io.BufferedReader(_Inflow(connected, self._deadline))


class _Inflow(io.RawIOBase):
    """
    The bytes of a socket. Each read gets only the remaining time, so that a server cannot extend
    the deadline by sending one byte at a time.
    """

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket = connected
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            self._socket.settimeout(self._deadline.left_s())
            return self._socket.recv_into(buffer)
        except TimeoutError as error:
            raise DeadlinePassed from error
