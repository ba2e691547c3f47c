"""
imaplib limited to one deadline and two numbers of bytes, over a connection that `login` makes.
"""

from __future__ import annotations

import contextlib
import imaplib
import io
import socket
import ssl
from typing import Any

from newsletter.isolation.network_policy import Deadline

# Lines in all: what a server says around mails. 1 MB holds the numbers of 95,000 mails, and
# what imaplib makes of lines takes up to twenty times their bytes.
MAX_LINE_BYTES = 1024 * 1024


class TooMuch(Exception):
    """
    The server says more than may be read. No imaplib error: it makes new ones of its own.
    """


class Late(Exception):
    """
    The deadline came in mid-talk. No OSError: imaplib turns those of a send into its own abort.
    """


class ImapConnection(imaplib.IMAP4):
    """
    imaplib over a socket that is connected already, by its five overridable methods. Mails, which
    come as literals, have *max_bytes* in all; lines have MAX_LINE_BYTES.
    """

    def __init__(self, connected: socket.socket, *, deadline: Deadline, max_bytes: int) -> None:
        self._deadline = deadline
        self.bytes_left = max_bytes
        self._line_bytes_left = MAX_LINE_BYTES
        self._adopt(connected)
        super().__init__()

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        """
        Do nothing: the connection is open already, to the address that was checked.
        """

    def read(self, size: int) -> bytes:
        if size > self.bytes_left:
            raise TooMuch
        self.bytes_left -= size
        return self._reader.read(size)

    def readline(self) -> bytes:
        line = self._reader.readline(self._line_bytes_left + 1)
        self._line_bytes_left -= len(line)
        if self._line_bytes_left < 0:
            raise TooMuch
        return line

    def send(self, data: Any) -> None:
        try:
            self.sock.settimeout(self._deadline.left_s())
            self.sock.sendall(data)
        except TimeoutError as error:
            raise Late from error

    def shutdown(self) -> None:
        self._reader.close()
        # A server that hung up first is ENOTCONN; after LOGOUT the socket is closed already.
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def begin_tls(self, tls: ssl.SSLContext, host: str) -> None:
        """
        STARTTLS, with everything forgotten that was said in clear (RFC 3501 section 6.2.1):
        imaplib's own would go on reading past this deadline.
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
    The bytes of a socket, each read given only the time that is left: a server that drips one
    byte at a time gains nothing.
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
            raise Late from error
