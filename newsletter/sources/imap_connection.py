"""
imaplib held to one deadline and a number of bytes, over a connection made elsewhere; `imap_login`
makes it.
"""

from __future__ import annotations

import contextlib
import imaplib
import io
import socket
import ssl
from typing import Any

from newsletter.networks import Deadline


class Late(Exception):
    """
    The deadline came in mid-talk. No OSError: imaplib turns those of a send into its own abort.
    """


class ImapConnection(imaplib.IMAP4):
    """
    imaplib over a socket that is connected already, by its five overridable methods.
    """

    def __init__(self, connected: socket.socket, *, deadline: Deadline, max_bytes: int) -> None:
        self._deadline = deadline
        self.bytes_left = max_bytes
        self._adopt(connected)
        super().__init__()

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        """
        Nothing: the connection is there, and to the judged address.
        """

    def read(self, size: int) -> bytes:
        if size > self.bytes_left:
            raise self.abort("more than may be read")
        return self._counted(self._reader.read(size))

    def readline(self) -> bytes:
        return self._counted(self._reader.readline(self.bytes_left + 1))

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
        answer, _ = self.xatom("STARTTLS")
        if answer != "OK":
            raise self.error("STARTTLS was refused")
        self.sock.settimeout(self._deadline.left_s())
        self._adopt(tls.wrap_socket(self.sock, server_hostname=host))
        self.untagged_responses = {}
        _, lines = self.capability()
        self.capabilities = tuple(lines[-1].decode("ascii").upper().split())

    def _adopt(self, connected: socket.socket) -> None:
        self.sock = connected
        self._reader = io.BufferedReader(_Inflow(connected, self._deadline))

    def _counted(self, data: bytes) -> bytes:
        self.bytes_left -= len(data)
        if self.bytes_left < 0:
            raise self.abort("more than may be read")
        return data


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
