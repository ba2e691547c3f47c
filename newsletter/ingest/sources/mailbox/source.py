"""
Poll a Maildir or a folder of `.eml` files without moving, marking or deleting anything; `message`
parses each mail, and `kinds` tells which contain no brief. The IMAP source reads mails by this too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from newsletter.errors import ReadError, SourceError
from newsletter.ingest.sources.mailbox.attachments import open_attached
from newsletter.ingest.sources.mailbox.kinds import why_no_brief
from newsletter.ingest.sources.mailbox.message import item_of, message_of
from newsletter.model.brief import Poll, RawItem
from subscribers.text.phrases import phrase

MAX_BYTES = 10 * 1024 * 1024
TOO_LARGE = f"larger than {MAX_BYTES:,} bytes, which is too large for a brief"


class ReadMail(Protocol):
    """
    The signature of `read_mail`, which runs in this process or in the sandboxed child.
    """

    def __call__(self, raw: bytes, *, own_lists: Collection[str]) -> RawItem | str: ...


# Returns the bytes of an image in a mail, by its name; raises ReadError.
OpenMailImage = Callable[[bytes, str], bytes]


class MailboxSource:
    """
    The mails under *location*, oldest first, at most the *max_items* newest, parsed by *read*
    (`read_mail`). Mails whose List-Id is in *own_lists* are our own and left out.

    An `.eml` file written less than *settle_s* ago may be incomplete and waits for the next poll; a
    Maildir only ever contains complete mails.
    """

    def __init__(
        self,
        name: str,
        location: Path,
        *,
        read: ReadMail | None = None,
        image_of_mail: OpenMailImage | None = None,
        own_lists: Collection[str] = (),
        max_items: int = 200,
        settle_s: float = 2.0,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self.name = name
        self._location = location
        self._read_mail = read or read_mail
        self._image_of_mail = image_of_mail or image_of_mail_here
        self._own_lists = own_lists
        self._max_items = max_items
        self._settle_s = settle_s
        self._clock = clock

    def fetch(self, state: Mapping[str, str]) -> Poll:
        """
        Read every mail that may contain a brief; the notes list the others.

        Raises:
            SourceError: the folder is missing or cannot be read.
        """
        notes: list[str] = []
        try:
            found = sorted(self._files(), key=lambda pair: (pair[0], pair[1].name))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise SourceError(
                phrase(
                    "{location}: {reason}; check the folder of source {name}",
                    location=self._location,
                    reason=reason,
                    name=self.name,
                )
            ) from error
        if len(found) > self._max_items:
            notes.append(f"only the last {self._max_items} of {len(found)} emails were read")
        settled = [path for came, path in found[-self._max_items :] if self._is_settled(came, path)]
        waiting = len(found[-self._max_items :]) - len(settled)
        if waiting:
            notes.append(f"{waiting} just written, waiting for the next poll")
        items: dict[str, tuple[RawItem, Path]] = {}
        for path in settled:
            item = self._read(path, notes)
            if item is not None:
                items.setdefault(item.key, (item, path))
        return Poll(
            items=tuple(item for item, _ in items.values()),
            notes=tuple(notes),
            is_waiting=waiting > 0,
            open_image=lambda key, name: self._open_image(items[key][1], name),
        )

    def _open_image(self, path: Path, name: str) -> bytes:
        try:
            with path.open("rb") as file:
                return self._image_of_mail(file.read(MAX_BYTES), name)
        except OSError as error:
            raise ReadError((error.strerror or str(error)).lower()) from error

    def _files(self) -> Iterator[tuple[float, Path]]:
        folders = [self._location / name for name in ("new", "cur")]
        if not all(folder.is_dir() for folder in folders):
            folders = [self._location]
        for folder in folders:
            for path in folder.iterdir():
                is_mail = folder is not self._location or path.suffix.lower() == ".eml"
                is_ours = (
                    is_mail and not path.name.startswith(".") and not _is_draft_or_deleted(path)
                )
                if is_ours and path.is_file() and not path.is_symlink():
                    yield path.stat().st_mtime, path

    def _is_settled(self, came: float, path: Path) -> bool:
        is_maildir = path.parent != self._location
        return is_maildir or abs(self._clock().timestamp() - came) >= self._settle_s

    def _read(self, path: Path, notes: list[str]) -> RawItem | None:
        try:
            with path.open("rb") as file:
                read = self._read_mail(file.read(MAX_BYTES + 1), own_lists=self._own_lists)
        except FileNotFoundError:
            read = "deleted while the mailbox was read"
        except OSError as error:
            read = error.strerror or str(error)
        if isinstance(read, RawItem):
            return read
        notes.append(f"{path.name}: {read}")
        return None


def read_mail(raw: bytes, *, own_lists: Collection[str]) -> RawItem | str:
    """
    Parse the mail *raw* into an item, or return the reason why it is left out.
    """
    if len(raw) > MAX_BYTES:
        return TOO_LARGE
    try:
        message = message_of(raw)
        reason = why_no_brief(message, own_lists)
        return item_of(message, raw) if reason is None else f"{reason}, left out"
    except ReadError as error:
        return str(error)


def image_of_mail_here(raw: bytes, name: str) -> bytes:
    """
    Return the bytes of the image *name* in the mail *raw*.

    Raises:
        ReadError: the mail does not contain it, or it is too large.
    """
    return open_attached(message_of(raw), name)


def _is_draft_or_deleted(path: Path) -> bool:
    """
    Return True if a Maildir name has the flag for a draft or a deleted mail (`:2,ST`).
    """
    flags = path.name.rpartition(":2,")
    return bool(flags[1]) and not {"D", "T"}.isdisjoint(flags[2])
