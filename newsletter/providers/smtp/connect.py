"""
Open a session with an SMTP server: connect, start TLS and log in, before any mail is sent.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from newsletter.providers.smtp.replies import ConnectionLost, NoSession, Reply
from newsletter.providers.smtp.session import SmtpSession

CONNECT_S = 10.0
_MORE = 334
_LOGGED_IN = 235
_NUL = b"\0"


@dataclass(frozen=True, kw_only=True)
class SmtpEndpoint:
    """
    The address of a server, and how to log in; without a username there is no login.

    *security* is `none`, `starttls` or `tls`.
    """

    host: str
    port: int
    security: str = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)


def open_session(
    server: SmtpEndpoint,
    *,
    tls: ssl.SSLContext,
    ends_at_s: float,
    monotonic_s: Callable[[], float] = time.monotonic,
) -> SmtpSession:
    """
    Open a session with *server* that is ready to send, before *ends_at_s* of *monotonic_s*.

    Raises:
        NoSession: the server cannot be reached or used.
    """
    with _connection_errors(server):
        sock = socket.create_connection(
            (server.host, server.port), timeout=min(CONNECT_S, ends_at_s - monotonic_s())
        )
        session = SmtpSession(sock, ends_at_s=ends_at_s, monotonic_s=monotonic_s)
        try:
            # Without it, the end of each message would wait for the acknowledgement before it.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _set_up(session, server, tls)
        except BaseException:
            session.drop()
            raise
    return session


def _set_up(session: SmtpSession, server: SmtpEndpoint, tls: ssl.SSLContext) -> None:
    if server.security == "tls":
        session.secure(tls, server.host, within_s=CONNECT_S)
    _expect(session.get(), "connection")
    _expect(session.greet(), "EHLO")
    if server.security == "starttls":
        _start_tls(session, server, tls)
    if server.username:
        _log_in(session, server)


def _start_tls(session: SmtpSession, server: SmtpEndpoint, tls: ssl.SSLContext) -> None:
    if "STARTTLS" not in session.extensions:
        raise NoSession(
            f"{server.host} does not offer STARTTLS on port {server.port}",
            advice='check port, or set security = "tls" (or "none")',
        )
    _expect(session.ask("STARTTLS"), "STARTTLS")
    session.secure(tls, server.host, within_s=CONNECT_S)
    # RFC 3207 section 4.2: discard what the server said before TLS.
    _expect(session.greet(), "EHLO")


def _log_in(session: SmtpSession, server: SmtpEndpoint) -> None:
    mechanisms = session.extensions.get("AUTH", "").split()
    name, password = server.username.encode(), server.password.encode()
    if "PLAIN" in mechanisms:
        # RFC 4616: authorization identity (empty), user name, password.
        reply = session.ask(f"AUTH PLAIN {_to_base64(_NUL.join((b'', name, password)))}")
    elif "LOGIN" in mechanisms:
        reply = session.ask(f"AUTH LOGIN {_to_base64(name)}")
        reply = session.ask(_to_base64(password)) if reply.code == _MORE else reply
    else:
        raise NoSession(
            f"{server.host} does not offer AUTH with a password on port {server.port}",
            advice="check port and security, or remove username and password",
        )
    if reply.code != _LOGGED_IN:
        # RFC 4954 section 6: 4yz is a temporary failure of the server.
        advice = None if reply.code // 100 == 4 else "check username and password"
        raise NoSession(f"{server.host}: AUTH refused: {reply}", advice=advice)


def _expect(reply: Reply, what: str) -> None:
    if reply.code // 100 != 2:
        is_temporary = reply.code // 100 == 4
        raise NoSession(
            f"{what} refused: {reply}",
            advice=None if is_temporary else "check host and port",
        )


@contextlib.contextmanager
def _connection_errors(server: SmtpEndpoint) -> Iterator[None]:
    """
    Turn every connection error of *server* in the block into a NoSession.
    """
    host = server.host
    try:
        yield
    except ConnectionLost as lost:
        raise NoSession(f"{host}: {lost.reason}") from lost
    except ssl.SSLCertVerificationError as error:
        raise NoSession(
            f"{host}: its certificate is not trusted ({error.verify_message})",
            advice="check host, or make this machine trust the server's certificate",
        ) from error
    except ssl.SSLError as error:
        raise NoSession(
            f"{host}: TLS failed ({error.reason})", advice="check port and security"
        ) from (error)
    except UnicodeError as error:
        # Python's idna codec refuses a label of more than 63 characters.
        raise NoSession(f"{host} is not a valid server name", advice="check host") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise NoSession(f"{host} port {server.port}: {reason}") from error


def _to_base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
