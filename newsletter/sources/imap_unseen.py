"""
The mails in a folder on an IMAP server that nobody read yet; each is marked as read once it was
taken. `imap` only looks; this is for a folder of our own, where bounces go.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence

from newsletter.errors import SourceError
from newsletter.networks import Allowed, Deadline, Resolve, look_up
from newsletter.sources.imap_address import modified_utf7, quoted, read_location
from newsletter.sources.imap_connection import ImapConnection
from newsletter.sources.imap_login import Guard, logged_in, told

# A report is small; what is larger is marked as read and left.
MAX_BYTES = 1024 * 1024
MOST = 200


def unseen_mails(
    location: str,
    *,
    password: str,
    networks: Sequence[str],
    deadline_s: float,
    tls: ssl.SSLContext | None = None,
    resolve: Resolve = look_up,
) -> Iterator[bytes]:
    """
    The mails without the flag \\Seen in the folder at *location*, at most 200 at a time. One gets
    the flag when the next is asked for: what breaks in between gives it again.

    Raises:
        SourceError: the folder cannot be read, or its mails not be marked.
    """
    address = read_location(location)
    guard = Guard(
        allowed=Allowed(networks),
        resolve=resolve,
        tls=tls or ssl.create_default_context(),
        max_bytes=MOST * MAX_BYTES,
    )
    deadline = Deadline(deadline_s)
    with (
        told(address.host, deadline_s),
        logged_in(address, password, guard=guard, deadline=deadline) as connection,
    ):
        answer, _ = connection.select(quoted(modified_utf7(address.folder)))
        if answer != "OK":
            raise SourceError(
                f"{address.host} has no folder {address.folder!r} that may be written"
            )
        for number in _unseen(connection)[:MOST]:
            _, parts = connection.uid("FETCH", number, f"(BODY.PEEK[]<0.{MAX_BYTES}>)")
            yield from (part[1] for part in parts if isinstance(part, tuple))
            connection.uid("STORE", number, "+FLAGS", r"(\Seen)")


def _unseen(connection: ImapConnection) -> list[str]:
    answer, lines = connection.uid("SEARCH", "UNSEEN")
    if answer != "OK":
        raise connection.error("SEARCH was refused")
    return [number.decode("ascii") for line in lines if line for number in line.split()]
