"""
Poll a folder on an IMAP server for the mails that arrived since the last poll. It is read-only
(EXAMINE, BODY.PEEK[]), so that no mail is marked as read; `mailbox.source` decides which mails
contain a brief.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from newsletter.errors import SourceError
from newsletter.ingest.sources.imap.connection import (
    MAX_LINE_BYTES,
    DeadlinePassed,
    ImapConnection,
    TooMuchData,
)
from newsletter.ingest.sources.imap.location import (
    ImapAddress,
    modified_utf7,
    quoted,
    read_location,
)
from newsletter.ingest.sources.imap.login import LoginLimits, errors_translated, logged_in
from newsletter.ingest.sources.item_keys import each_once
from newsletter.ingest.sources.mailbox.source import (
    MAX_BYTES,
    TOO_LARGE,
    OpenMailImage,
    ReadMail,
    image_of_mail_here,
    read_mail,
)
from newsletter.isolation.network_policy import Allowed, Deadline, Resolve, look_up
from newsletter.model.brief import Poll, RawItem
from subscribers.text.phrases import phrase

MAX_POLL_BYTES = 64 * 1024 * 1024
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)", re.IGNORECASE)
_UID = re.compile(rb"\bUID (\d+)", re.IGNORECASE)
_DRAFT_OR_DELETED = re.compile(rb"\\(Draft|Deleted)\b", re.IGNORECASE)
_BODY = re.compile(rb"\bBODY\[\]", re.IGNORECASE)


@dataclass(kw_only=True)
class _Fetched:
    """
    What one poll has fetched so far. `uid` is the highest UID processed; `is_waiting` means that
    more mails remain for the next poll.
    """

    uidvalidity: str
    uid: int
    mails: list[tuple[int, bytes]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_waiting: bool = False

    def skip(self, uid: int, reason: str) -> None:
        self.notes.append(f"email {uid}: {reason}")
        self.uid = uid

    def add(self, uid: int, raw: bytes | None) -> None:
        if raw is None:
            self.skip(uid, "deleted while the mailbox was read")
            return
        self.mails.append((uid, raw))
        self.uid = uid


class ImapSource:
    """
    The folder at *location* (`imaps://user@host/Folder`), read with *password*: at the first poll
    the last *max_mails*, later those that arrived since, oldest first.

    It connects only to public addresses and to the allowed *networks*. One poll reads at most
    *max_bytes* and ends at the deadline; the remaining mails wait for the next poll.
    """

    def __init__(
        self,
        name: str,
        location: str,
        *,
        password: str,
        networks: Sequence[str] = (),
        deadline_s: float = 20.0,
        read: ReadMail = read_mail,
        image_of_mail: OpenMailImage = image_of_mail_here,
        own_lists: Collection[str] = (),
        max_mails: int = 200,
        max_bytes: int = MAX_POLL_BYTES,
        resolve: Resolve = look_up,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.name = name
        self._location = location
        self._password = password.strip("\r\n")
        self._read_mail = read
        self._image_of_mail = image_of_mail
        self._own_lists = own_lists
        self._max_mails = max_mails
        self._deadline_s = deadline_s
        self._limits = LoginLimits(
            allowed=Allowed(networks),
            resolve=resolve,
            tls=tls or ssl.create_default_context(),
            max_bytes=max_bytes,
        )

    def fetch(self, state: Mapping[str, str]) -> Poll:
        """
        Fetch the mails that may contain a brief; the notes list those left out by UID.

        Raises:
            SourceError: the folder could not be read.
        """
        if not self._password:
            raise SourceError(
                phrase(
                    "{name} has no password: give the source a key (env:NAME or file:PATH)",
                    name=self.name,
                )
            )
        address = read_location(self._location)
        known = state if state.get("location") == self._location else {}
        deadline = Deadline(self._deadline_s)
        with (
            errors_translated(address.host, self._deadline_s),
            logged_in(
                address, self._password, limits=self._limits, deadline=deadline
            ) as connection,
        ):
            fetched = self._fetch_mails(connection, address, known)
        raws: dict[str, bytes] = {}
        items = each_once(self._items(fetched, raws))
        marks = {"uidvalidity": fetched.uidvalidity, "uid": str(fetched.uid)}
        return Poll(
            items=items,
            state={"location": self._location, **marks},
            notes=tuple(fetched.notes),
            is_waiting=fetched.is_waiting,
            open_image=lambda key, name: self._image_of_mail(raws[key], name),
        )

    def _items(self, fetched: _Fetched, raws: dict[str, bytes]) -> list[RawItem]:
        """
        Parse the mails of *fetched* into items. Mails with images are kept in *raws*, by key.
        """
        items = []
        for uid, raw in fetched.mails:
            read = self._read_mail(raw, own_lists=self._own_lists)
            if isinstance(read, RawItem):
                items.append(read)
                if read.images:
                    raws.setdefault(read.key, raw)
            else:
                fetched.notes.append(f"email {uid}: {read}")
        return items

    def _fetch_mails(
        self, connection: ImapConnection, address: ImapAddress, known: Mapping[str, str]
    ) -> _Fetched:
        uidvalidity, count = _examine(connection, address)
        # RFC 3501 section 2.3.1.1: if UIDVALIDITY changed, the old UIDs are meaningless.
        is_known = known.get("uidvalidity") == uidvalidity
        fetched = _Fetched(uidvalidity=uidvalidity, uid=int(known["uid"]) if is_known else 0)
        if not count:
            return fetched
        if is_known:
            numbers = f"UID {fetched.uid + 1}:*"
        else:
            numbers = f"{max(1, count - self._max_mails + 1)}:*"
            if count > self._max_mails:
                fetched.notes.append(f"only the last {self._max_mails} of {count} emails were read")
        uids = _found(connection, numbers, above=fetched.uid, host=address.host)
        fetched.is_waiting = len(uids) > self._max_mails
        _download(connection, uids[: self._max_mails], fetched, host=address.host)
        if fetched.is_waiting:
            fetched.notes.append("more emails are waiting for the next poll")
        return fetched


def _examine(connection: ImapConnection, address: ImapAddress) -> tuple[str, int]:
    """
    Open the folder read-only and return its UIDVALIDITY and the number of its mails.
    """
    answer, counts = connection.select(quoted(modified_utf7(address.folder)), readonly=True)
    if answer != "OK":
        raise SourceError(
            phrase(
                "{host} has no readable folder {folder!r}: check its name, and write it "
                "with the server's own separator (/ or .)",
                host=address.host,
                folder=address.folder,
            )
        )
    _, marks = connection.response("UIDVALIDITY")
    if marks[-1] is None:
        raise SourceError(
            phrase(
                "{host} does not give the emails in {folder!r} permanent numbers "
                "(UIDVALIDITY): use another folder",
                host=address.host,
                folder=address.folder,
            )
        )
    return marks[-1].decode("ascii"), int(counts[-1] or 0)


def _found(connection: ImapConnection, numbers: str, *, above: int, host: str) -> list[int]:
    """
    Return the UIDs in *numbers* that are greater than *above*, in ascending order. A range that
    ends in * always includes the last mail (RFC 3501 section 6.4.8).

    Raises:
        SourceError: there are more of them than can be read.
    """
    try:
        answer, lines = connection.uid("SEARCH", numbers)
    except TooMuchData as error:
        raise SourceError(
            phrase(
                "{host} lists more emails than can be read at once (over {limit:,} bytes "
                "of their numbers): move old ones to another folder, or remove the source "
                "and add it again",
                host=host,
                limit=MAX_LINE_BYTES,
            )
        ) from error
    if answer != "OK":
        raise connection.error("SEARCH was refused")
    uids = {int(number) for line in lines if line for number in line.split()}
    return sorted(uid for uid in uids if uid > above)


def _download(
    connection: ImapConnection, uids: Sequence[int], fetched: _Fetched, *, host: str
) -> None:
    """
    Add the mails *uids* to *fetched* until the byte limit or the deadline is reached, or the server
    refuses one. The mails fetched before that are kept.
    """
    sizes = _sizes(connection, uids) if uids else {}
    for uid in uids:
        size = sizes.get(uid)
        if size is None:
            fetched.uid = uid
            continue
        if size > MAX_BYTES:
            fetched.skip(uid, TOO_LARGE)
            continue
        if size > connection.bytes_left:
            fetched.is_waiting = True
            return
        try:
            fetched.add(uid, _mail(connection, uid, host=host))
        except (DeadlinePassed, TooMuchData, SourceError):
            if not fetched.mails:
                raise
            fetched.is_waiting = True
            return


def _sizes(connection: ImapConnection, uids: Sequence[int]) -> dict[int, int]:
    """
    Return the size of each mail in bytes, by UID; drafts and deleted mails are left out.
    """
    # 200 UIDs are at most 2,200 octets; RFC 2683 section 3.2.1.5 says servers should accept 8,000.
    numbers = ",".join(str(uid) for uid in uids)
    answer, lines = connection.uid("FETCH", numbers, "(UID FLAGS RFC822.SIZE)")
    if answer != "OK":
        raise connection.error("FETCH was refused")
    shown = [
        line for line in lines if isinstance(line, bytes) and not _DRAFT_OR_DELETED.search(line)
    ]
    pairs = [(_UID.search(line), _SIZE.search(line)) for line in shown]
    return {int(uid[1]): int(size[1]) for uid, size in pairs if uid and size}


def _mail(connection: ImapConnection, uid: int, *, host: str) -> bytes | None:
    """
    Return the bytes of the mail *uid*, or None if it was deleted. The response may also contain
    updates about other mails (RFC 3501 section 7.4.2).
    """
    answer, parts = connection.uid("FETCH", str(uid), "(BODY.PEEK[])")
    # RFC 5530: the NO for a mail that another client deleted in the meantime has EXPUNGEISSUED.
    if answer != "OK" and b"[EXPUNGEISSUED]" not in parts[-1]:
        raise SourceError(
            phrase(
                "{host} refuses to send email {uid} of the folder: try later, or move "
                "that email away",
                host=host,
                uid=uid,
            )
        )
    bodies = (part[1] for part in parts if isinstance(part, tuple) and _BODY.search(part[0]))
    return next(bodies, None)
