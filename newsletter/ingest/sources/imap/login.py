"""
Log in to an IMAP server over TLS, at the addresses that `network_policy` allows. An error becomes
one line without the server's own words, which may repeat a login.
"""

from __future__ import annotations

import contextlib
import imaplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import httpcore

from newsletter.errors import SourceError
from newsletter.ingest.sources.imap.connection import ImapConnection, Late, TooMuch
from newsletter.ingest.sources.imap.location import ImapAddress, quoted
from newsletter.isolation.network_policy import (
    Address,
    Allowed,
    Deadline,
    PinnedBackend,
    Resolve,
    addresses_of,
    reason_to_refuse,
)

# imaplib stumbles over odd answers in its own ways: a CAPABILITY that is not ASCII, or a literal.
_IMAPLIB_ERRORS = (imaplib.IMAP4.error, ValueError, TypeError, IndexError)


@dataclass(frozen=True, kw_only=True)
class LoginLimits:
    """
    What a connection is held to: networks trusted although private, the certificates it trusts,
    and the bytes of mails it may read in all.
    """

    allowed: Allowed
    resolve: Resolve
    tls: ssl.SSLContext
    max_bytes: int


@contextlib.contextmanager
def logged_in(
    address: ImapAddress, password: str, *, limits: LoginLimits, deadline: Deadline
) -> Iterator[ImapConnection]:
    """
    A connection to the server of *address*, logged in, closed at the end of the block.

    Raises SourceError: it may not be reached, is not to be trusted, or refuses the login.
    """
    addresses = _checked_addresses(address, limits, deadline)
    socket_ = _connected(address, addresses, limits=limits, deadline=deadline)
    connection = ImapConnection(socket_, deadline=deadline, max_bytes=limits.max_bytes)
    try:
        if not address.is_tls:
            # In clear only where nobody can listen in between.
            is_local = all(found.is_loopback for found in addresses)
            _secure(connection, address.host, limits.tls, may_be_clear=is_local)
        _log_in(connection, address, password)
        yield connection
        with contextlib.suppress(imaplib.IMAP4.error, Late, TooMuch, OSError):
            connection.logout()
    finally:
        connection.shutdown()


def _checked_addresses(
    address: ImapAddress, limits: LoginLimits, deadline: Deadline
) -> list[Address]:
    """
    The addresses of the server, if every one of them may be reached.
    """
    host = address.host
    addresses = addresses_of(host, address.port, resolve=limits.resolve, deadline=deadline)
    for found in addresses:
        reason = None if found in limits.allowed else reason_to_refuse(found)
        if reason is not None:
            raise SourceError(
                f"{host} is at {found}, {reason}, and was not asked: if you trust it, add its "
                "network to [limits] fetch_networks"
            )
    return addresses


def _connected(
    address: ImapAddress, addresses: Sequence[Address], *, limits: LoginLimits, deadline: Deadline
) -> socket.socket:
    backend = PinnedBackend(addresses, deadline=deadline)
    stream = backend.connect_tcp(address.host, address.port)
    plain = stream.get_extra_info("socket")
    assert isinstance(plain, socket.socket)
    if not address.is_tls:
        return plain
    with contextlib.closing(plain):
        # Wrapping detaches `plain`: closing it then closes nothing but a failure's socket.
        plain.settimeout(deadline.left_s())
        return limits.tls.wrap_socket(plain, server_hostname=address.host)


def _secure(
    connection: ImapConnection, host: str, tls: ssl.SSLContext, *, may_be_clear: bool
) -> None:
    if "STARTTLS" in connection.capabilities:
        connection.begin_tls(tls, host)
    elif not may_be_clear:
        raise SourceError(
            f"{host} offers no STARTTLS here, and a password is not sent in clear: write "
            "imaps:// instead of imap://"
        )


def _log_in(connection: ImapConnection, address: ImapAddress, password: str) -> None:
    """
    AUTHENTICATE PLAIN (RFC 4616, UTF-8) where it is offered, else LOGIN, which is ASCII only.
    """
    user, can = address.user, connection.capabilities
    is_plain = "AUTH=PLAIN" in can
    both = user + password
    is_quotable = both.isascii() and both.isprintable()
    if not is_plain and ("LOGINDISABLED" in can or not is_quotable):
        raise SourceError(
            f"{address.host} takes no login by this user and password: see whether it offers app "
            "passwords; OAuth is nothing a source can do"
        )
    try:
        if is_plain:
            connection.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        else:
            connection.login(quoted(user), password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        raise SourceError(
            f"{address.host} refused the login: check the user in the location and the secret "
            "that --key named; some providers want an app password"
        ) from None


@contextlib.contextmanager
def errors_translated(host: str, deadline_s: float) -> Iterator[None]:
    """
    Raise SourceError in place of any error of the connection to *host* in the block.
    """
    try:
        yield
    except (Late, TimeoutError, httpcore.TimeoutException) as error:
        raise SourceError(
            f"{host} did not answer in full within {deadline_s:g} s: try later, or raise "
            "[limits] fetch_deadline_s"
        ) from error
    except TooMuch as error:
        raise SourceError(
            f"{host} says more than any mailbox needs to: check host and port, or try later"
        ) from error
    except ssl.SSLCertVerificationError as error:
        raise SourceError(
            f"{host} shows a certificate that is not trusted ({error.verify_message}): check the "
            "host, or add its authority to this system's certificates"
        ) from error
    except ssl.SSLError as error:
        raise SourceError(
            f"{host} speaks no TLS that we know on this port: check the port, or write imap:// "
            "where it wants STARTTLS"
        ) from error
    except (OSError, httpcore.NetworkError) as error:
        raise SourceError(
            f"{host} could not be reached ({error}): check host and port, or try later"
        ) from error
    except _IMAPLIB_ERRORS:
        raise SourceError(
            f"{host} broke off, or does not speak IMAP here: check host and port, or try later"
        ) from None
