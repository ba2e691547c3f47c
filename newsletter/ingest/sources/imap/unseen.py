"""
Fetch the unread mails of an IMAP folder and mark each as read. `source` never marks anything; this
module is for a folder of our own, the one that receives bounces.
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
from subscribers.text.phrases import phrase

# A bounce report is small; of anything larger only this much is read.
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
    Yield the mails without the flag \\Seen in the folder at *location*, at most 200 per call. A
    mail gets the flag when the next one is requested, so that after a crash it is yielded again. A
    mail that the server refuses to send does not hold up the others.

    Raises:
        SourceError: the folder cannot be read, its mails cannot be marked, or (after the last mail)
            the server refused some of them.
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
                phrase(
                    "{host} has no writable folder {folder!r}: check its name and the user's "
                    "rights",
                    host=address.host,
                    folder=address.folder,
                )
            )
        yield from _given(connection, address)


def _given(connection: ImapConnection, address: ImapAddress) -> Iterator[bytes]:
    refused = []
    for number in _unseen(connection)[:MOST]:
        response, parts = connection.uid("FETCH", number, f"(BODY.PEEK[]<0.{MAX_BYTES}>)")
        if response != "OK":
            # RFC 5530: the NO for a mail that another client deleted has EXPUNGEISSUED.
            refused += [] if b"[EXPUNGEISSUED]" in parts[-1] else [number]
            continue
        yield from (part[1] for part in parts if isinstance(part, tuple))
        response, _ = connection.uid("STORE", number, "+FLAGS", r"(\Seen)")
        if response != "OK":
            raise SourceError(
                phrase(
                    "{host} does not allow emails in {folder!r} to be marked as read: give "
                    "the user that right, or send bounces to another folder",
                    host=address.host,
                    folder=address.folder,
                )
            )
    if refused:
        raise SourceError(
            phrase(
                "{host} refuses to send email {uid} of {folder!r}: try later, or move "
                "that email away",
                host=address.host,
                uid=refused[0],
                folder=address.folder,
            )
        )


def _unseen(connection: ImapConnection) -> list[str]:
    response, lines = connection.uid("SEARCH", "UNSEEN")
    if response != "OK":
        raise connection.error("SEARCH was refused")
    return [number.decode("ascii") for line in lines if line for number in line.split()]
