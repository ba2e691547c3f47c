"""
Write each copy of a mail as one `.eml` file to a folder, for testing and for systems that pick mail
up there.

A file's name is its idempotency key: a file is written once and then kept.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import email.parser
import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from newsletter.errors import MergeError
from newsletter.mail.mime.message import message_bytes
from newsletter.model.delivery import (
    Attempt,
    BatchResult,
    Capabilities,
    Idempotency,
    LookUp,
    Receipt,
    ReceiptKind,
)
from newsletter.model.mail import Mail, Message, Recipient
from newsletter.providers.account import Account
from newsletter.providers.message_copies import fill_copies, render_failure
from newsletter.providers.webhooks import NoWebhooks

CAPABILITIES = Capabilities(
    max_recipients=1_000,
    max_bytes=1_000_000_000,
    idempotency=Idempotency.REPLAY,
    key_life=None,
    look_up=LookUp.OWN_ID,
)
ACCEPTED = Receipt(kind=ReceiptKind.ACCEPTED)
_ADVICE = {
    errno.ENOSPC: "the disk is full: free some space",
    errno.EDQUOT: "the disk quota is used up: free some space",
    errno.EACCES: "permission denied: give this user write access",
    errno.EROFS: "the disk is read-only: mount it for writing",
}
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
# A temporary file older than this was left by a killed process; writing one takes far less.
_STALE_S = 3600
_DATE_LINE = re.compile(rb"^Date: [^\r\n]*\r\n", re.MULTILINE)


def open_outbox(account: Account) -> OutboxProvider:
    """
    Open the folder of `[provider.NAME] folder`, or `outbox` beside the settings.
    """
    folder = account.folder / (account.settings.folder or "outbox")
    return OutboxProvider(folder, clock=account.clock, name=account.name)


class OutboxProvider(NoWebhooks):
    """
    The outbox in *folder*, which is created if it is missing; *clock* dates the mails.
    """

    def __init__(
        self, folder: Path, *, clock: Callable[[], dt.datetime], name: str = "outbox"
    ) -> None:
        self.name = name
        self._folder = folder
        self._clock = clock
        self._is_swept = False

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        """
        Write each copy to the folder; a copy is ACCEPTED once a power failure cannot lose it.

        *key* is not used, because the file names are unique.
        """
        receipts: list[Receipt] = []
        problem: str | None = None
        date = self._clock()
        self._sweep_once(date)
        for copy in fill_copies(mail, recipients):
            try:
                receipts.append(copy if isinstance(copy, Receipt) else self._store(copy, date))
            except OSError as error:
                problem = advice_for(self._folder, error)
                receipts.append(Receipt(kind=ReceiptKind.RETRY, reason=problem))
        if ACCEPTED in receipts:
            try:
                _sync(self._folder)
            except OSError as error:
                problem = advice_for(self._folder, error)
                # The files exist, but a power failure could lose them: look_up finds out.
                uncertain = Receipt(kind=ReceiptKind.UNCERTAIN, reason=problem)
                receipts = [uncertain if receipt == ACCEPTED else receipt for receipt in receipts]
        return BatchResult(receipts=tuple(receipts), account_problem=problem)

    def look_up(self, attempt: Attempt) -> BatchResult:
        """
        Return ACCEPTED for each recipient whose file exists, and RETRY for the others.
        """
        return BatchResult(
            receipts=tuple(self._look_up_one(recipient) for recipient in attempt.recipients)
        )

    def _look_up_one(self, recipient: Recipient) -> Receipt:
        try:
            raw = self._path_of(recipient).read_bytes()
        except FileNotFoundError:
            return Receipt(kind=ReceiptKind.RETRY, reason="no file in the outbox")
        except OSError as error:
            return Receipt(kind=ReceiptKind.UNCERTAIN, reason=advice_for(self._folder, error))
        if email.parser.BytesHeaderParser().parsebytes(raw)["Message-ID"] != recipient.message_id:
            return Receipt(
                kind=ReceiptKind.RETRY, reason="the file with that name is another email"
            )
        return ACCEPTED

    def _sweep_once(self, now: dt.datetime) -> None:
        """
        Remove the temporary files of a killed process, before the first copy is written.
        """
        if not self._is_swept:
            self._is_swept = True
            _sweep(self._folder, before_s=now.timestamp() - _STALE_S)

    def _store(self, message: Message, date: dt.datetime) -> Receipt:
        try:
            raw = message_bytes(message, date=date)
        # A lone surrogate, which cannot be encoded, raises a UnicodeError.
        except (MergeError, UnicodeError) as error:
            return render_failure(error)
        path = self._path_of(message.recipient)
        if not path.exists() and self._write(path, raw):
            return ACCEPTED
        # An old outbox used with a new database has files with the same names. They are other
        # mails, and reporting them as accepted would lose the new ones.
        if _DATE_LINE.sub(b"", path.read_bytes(), 1) != _DATE_LINE.sub(b"", raw, 1):
            raise FileExistsError(errno.EEXIST, f"{path.name} is another email: move it away")
        return ACCEPTED

    def _write(self, path: Path, raw: bytes) -> bool:
        """
        Write *raw* to *path* atomically; return False if another writer was first.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            # A rename would replace an existing file; a link fails instead.
            os.link(temporary, path)
        except FileExistsError:
            return False
        finally:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        return True

    def _path_of(self, recipient: Recipient) -> Path:
        return self._folder / f"{_file_name(recipient.message_id)}.eml"


def advice_for(folder: Path, error: OSError) -> str:
    """
    Say what a person should do about *error*, which happened while writing to *folder*.
    """
    advice = _ADVICE.get(error.errno or 0, error.strerror or str(error))
    return f"outbox {folder}: {advice}"


def _file_name(message_id: str) -> str:
    """
    Return the local part of *message_id* in safe characters.

    If it had other characters, a hash is added so that two names never become the same.
    """
    local = message_id.strip("<>").rpartition("@")[0]
    safe = _UNSAFE.sub("_", local)[:100].lstrip(".")
    if safe and safe == local:
        return safe
    return f"{safe}-{hashlib.sha256(message_id.encode()).hexdigest()[:12]}"


def _sweep(folder: Path, *, before_s: float) -> None:
    """
    Remove the temporary files of *folder* that were last written before *before_s*.
    """
    for path in folder.glob(".*.tmp"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < before_s:
                path.unlink()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
