"""
The mails in a folder on an IMAP server that nobody read yet; each is marked as read once it was
taken. `source` only looks; this is for a folder of our own, where bounces go.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence

from newsletter.errors import SourceError
from newsletter.ingest.sources.imap.connection import ImapConnection
from newsletter.ingest.sources.imap.location import (
    ImapAddress,
    modified_utf7,
    quoted,
    read_location,
)
from newsletter.ingest.sources.imap.login import LoginLimits, errors_translated, logged_in
from newsletter.isolation.network_policy import Allowed, Deadline, Resolve, look_up

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
    the flag when the next is asked for: what breaks in between gives it again. One that the server
    does not give keeps no other waiting.

    Raises:
        SourceError: the folder cannot be read, or its mails not be marked; at the end, where some
            were not given.
    """
    address = read_location(location)
    limits = LoginLimits(
        allowed=Allowed(networks),
        resolve=resolve,
        tls=tls or ssl.create_default_context(),
        max_bytes=MOST * MAX_BYTES,
    )
    deadline = Deadline(deadline_s)
    with (
        errors_translated(address.host, deadline_s),
        logged_in(address, password, limits=limits, deadline=deadline) as connection,
    ):
        response, _ = connection.select(quoted(modified_utf7(address.folder)))
        if response != "OK":
            raise SourceError(
                f"{address.host} has no folder {address.folder!r} that may be written"
            )
        yield from _given(connection, address)


def _given(connection: ImapConnection, address: ImapAddress) -> Iterator[bytes]:
    refused = []
    for number in _unseen(connection)[:MOST]:
        response, parts = connection.uid("FETCH", number, f"(BODY.PEEK[]<0.{MAX_BYTES}>)")
        if response != "OK":
            # RFC 5530: EXPUNGEISSUED is the NO of a mail that somebody took away meanwhile.
            refused += [] if b"[EXPUNGEISSUED]" in parts[-1] else [number]
            continue
        yield from (part[1] for part in parts if isinstance(part, tuple))
        response, _ = connection.uid("STORE", number, "+FLAGS", r"(\Seen)")
        if response != "OK":
            raise SourceError(
                f"{address.host} lets no mail of {address.folder!r} be marked as read: give "
                "the user that right, or have bounces go to another folder"
            )
    if refused:
        raise SourceError(
            f"{address.host} does not give mail {refused[0]} of {address.folder!r}: try later, "
            "or move it elsewhere"
        )


def _unseen(connection: ImapConnection) -> list[str]:
    response, lines = connection.uid("SEARCH", "UNSEEN")
    if response != "OK":
        raise connection.error("SEARCH was refused")
    return [number.decode("ascii") for line in lines if line for number in line.split()]
