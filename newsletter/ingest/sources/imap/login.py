"""
Log in to an IMAP server over TLS, at the addresses that `network_policy` allows. An error becomes
one line without the server's text, which could contain the login.
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
from newsletter.ingest.sources.imap.connection import DeadlinePassed, ImapConnection, TooMuchData
from newsletter.ingest.sources.imap.location import ImapAddress, quoted
from newsletter.isolation.network_policy import (
    Address,
    Allowed,
    Deadline,
    PinnedBackend,
    Resolve,
    addresses_of,
    how_to_allow,
    reason_to_refuse,
)
from subscribers.text.phrases import phrase

# What imaplib raises for odd responses, such as a CAPABILITY that is not ASCII or is a literal.
_IMAPLIB_ERRORS = (imaplib.IMAP4.error, ValueError, TypeError, IndexError)


@dataclass(frozen=True, kw_only=True)
class LoginLimits:
    """
    The limits of a connection: the private networks allowed, how to resolve names, the trusted
    certificates, and the total bytes of mails it may read.
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
    Connect to the server of *address*, log in, and disconnect at the end of the block.

    Raises:
        SourceError: the server must not be contacted, offers no encryption, or refuses the login.
    """
    addresses = _checked_addresses(address, limits, deadline)
    socket_ = _connected(address, addresses, limits=limits, deadline=deadline)
    connection = ImapConnection(socket_, deadline=deadline, max_bytes=limits.max_bytes)
    try:
        if not address.is_tls:
            # Clear text is allowed only on this machine, where nobody can listen in.
            is_local = all(found.is_loopback for found in addresses)
            _secure(connection, address.host, limits.tls, may_be_clear=is_local)
        _log_in(connection, address, password)
        yield connection
        with contextlib.suppress(imaplib.IMAP4.error, DeadlinePassed, TooMuchData, OSError):
            connection.logout()
    finally:
        connection.shutdown()


def _checked_addresses(
    address: ImapAddress, limits: LoginLimits, deadline: Deadline
) -> list[Address]:
    """
    Resolve the host of *address* and return its IP addresses.

    Raises:
        SourceError: one of them is in a network that must not be contacted.
    """
    host = address.host
    addresses = addresses_of(host, address.port, resolve=limits.resolve, deadline=deadline)
    for found in addresses:
        reason = None if found in limits.allowed else reason_to_refuse(found)
        if reason is not None:
            raise SourceError(
                phrase(
                    "{host} was not contacted because its address is {address} ({reason}): "
                    "{advice}",
                    host=host,
                    address=found,
                    reason=reason,
                    advice=how_to_allow(found),
                )
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
        # Wrapping detaches `plain`, so that closing it has an effect only if wrapping failed.
        plain.settimeout(deadline.left_s())
        return limits.tls.wrap_socket(plain, server_hostname=address.host)


def _secure(
    connection: ImapConnection, host: str, tls: ssl.SSLContext, *, may_be_clear: bool
) -> None:
    if "STARTTLS" in connection.capabilities:
        connection.begin_tls(tls, host)
    elif not may_be_clear:
        raise SourceError(
            phrase(
                "{host} does not offer STARTTLS on this port, and a password is not sent "
                "unencrypted: write imaps:// instead of imap://",
                host=host,
            )
        )


def _log_in(connection: ImapConnection, address: ImapAddress, password: str) -> None:
    """
    Log in with AUTHENTICATE PLAIN (RFC 4616, UTF-8) if the server offers it, else with LOGIN, which
    allows only ASCII.
    """
    user, can = address.user, connection.capabilities
    is_plain = "AUTH=PLAIN" in can
    both = user + password
    is_quotable = both.isascii() and both.isprintable()
    if not is_plain and ("LOGINDISABLED" in can or not is_quotable):
        raise SourceError(
            phrase(
                "{host} does not accept a login with this user and password: see whether "
                "it offers app passwords (OAuth is not supported)",
                host=address.host,
            )
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
            phrase(
                "{host} refused the login: check the user in the location and the "
                "password that its key refers to; some providers require an app password",
                host=address.host,
            )
        ) from None


@contextlib.contextmanager
def errors_translated(host: str, deadline_s: float) -> Iterator[None]:
    """
    Turn any error of the connection to *host* in the block into a SourceError.
    """
    try:
        yield
    except (DeadlinePassed, TimeoutError, httpcore.TimeoutException) as error:
        raise SourceError(
            phrase(
                "{host} did not respond in full within {seconds:g} s: try later, or "
                "raise [limits] fetch_deadline_s",
                host=host,
                seconds=deadline_s,
            )
        ) from error
    except TooMuchData as error:
        raise SourceError(
            phrase(
                "{host} sent more data than any mailbox should: check host and port, or try later",
                host=host,
            )
        ) from error
    except ssl.SSLCertVerificationError as error:
        raise SourceError(
            phrase(
                "{host} has a certificate that is not trusted ({reason}): check "
                "the host, or add its certificate authority to those of this system",
                host=host,
                reason=error.verify_message,
            )
        ) from error
    except ssl.SSLError as error:
        raise SourceError(
            phrase(
                "{host} does not support TLS on this port: check the port, or write "
                "imap:// if it uses STARTTLS",
                host=host,
            )
        ) from error
    except (OSError, httpcore.NetworkError) as error:
        raise SourceError(
            phrase(
                "{host} could not be reached ({error}): check host and port, or try later",
                host=host,
                error=error,
            )
        ) from error
    except _IMAPLIB_ERRORS:
        raise SourceError(
            phrase(
                "{host} closed the connection, or is not an IMAP server on this port: "
                "check host and port, or try later",
                host=host,
            )
        ) from None
