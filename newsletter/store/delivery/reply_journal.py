"""
The journal of a worker: how the server replied to each mail of a call whose result is not yet in
the ledger. It is for servers that take one mail after the other (SMTP). If the process is killed,
another one reads there what became of the call (`delivery/reconciliation/replies`).

One file for each worker, locked for as long as its process lives. Each call has a place of fixed
size in it, which is used again once the result is recorded, so that a full disk can hardly keep a
reply from being written. Each reply is written before the next mail, and never synced to the disk:
what a process has written survives its death. It may be lost if the machine stops, so that after
another start of the machine a missing reply proves nothing.
"""

from __future__ import annotations

import fcntl
import functools
import glob
import itertools
import logging
import os
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from newsletter.model.delivery import FEW, WriteReply

logger = logging.getLogger(__name__)

BOOT = Path("/proc/sys/kernel/random/boot_id")
# A place: the call in one line, then for each of its mails the call's number and the reply.
_PLACE = 1_024
_DIGITS = 8
_REPLY = _DIGITS + 1
_LINE = _PLACE - FEW * _REPLY
_ACCEPTED, _NOT_ACCEPTED = b"a", b"n"


@dataclass(frozen=True, kw_only=True)
class JournaledCall:
    """
    A call in a journal: for each delivery whether its mail was accepted; None: not known.

    If it `is_whole`, none of its replies can be missing that was written, so only one can be
    unknown: later mails were not sent, and deliveries that are not named were not in the call.
    """

    key: str
    accepted: Mapping[int, bool | None]
    is_whole: bool

    @property
    def says_something(self) -> bool:
        """
        Whether the outcome of any mail is known.
        """
        return any(each is not None for each in self.accepted.values())

    def is_accepted(self, delivery_id: int) -> bool | None:
        """
        Return whether the server accepted the mail of that delivery; None: not known.
        """
        return self.accepted.get(delivery_id, False if self.is_whole else None)


class ReplyJournal:
    """
    The journal of this process; any thread may write to it. Until it is opened it keeps nothing.
    """

    def __init__(self) -> None:
        self._start: Path | None = None
        self._path = Path()
        self._database_name = ""
        self._file: int | None = None
        # The place of each call that is not recorded, and the number of the call.
        self._places: dict[str, tuple[int, int]] = {}
        self._calls = 0
        self._is_failing = False
        self._guard = threading.Lock()

    def open(self, start: Path, worker_id: str, *, database_name: str) -> None:
        """
        Keep a journal from now on, for the worker of the database of that name. Its file is made at
        the first call; the name of every worker's file begins with *start*.
        """
        self._start, self._path = start, start.with_name(f"{start.name}{worker_id}")
        self._database_name = database_name

    def begin(self, key: str, delivery_ids: Sequence[int]) -> None:
        """
        Write that the call *key* may begin, with a mail for each of *delivery_ids* in turn. If that
        fails, its replies are not kept, and it may be made all the same.
        """
        with self._guard:
            if self._start is None or key in self._places:
                return
            number = self._calls % 10**_DIGITS
            line = _line(number, key, delivery_ids)
            if line is None:
                return
            try:
                place = self._next_place()
                self._write(line.ljust(_PLACE), place * _PLACE)
            except OSError as error:
                self._report(error)
                return
            self._is_failing = False
            self._calls += 1
            self._places[key] = (place, number)

    def writer(self, key: str) -> WriteReply | None:
        """
        Return what writes the replies to the call *key*; None if they are not kept.
        """
        with self._guard:
            begun = self._places.get(key)
        return None if begun is None else functools.partial(self._write_reply, *begun)

    def forget(self, key: str) -> None:
        """
        Use the place of the call *key* again: its result is in the ledger.
        """
        with self._guard:
            self._places.pop(key, None)

    def close(self) -> None:
        """
        Close the file, and remove it unless the result of a call is still missing in the ledger.
        """
        with self._guard:
            if self._file is not None:
                if not self._places:
                    self._path.unlink(missing_ok=True)
                os.close(self._file)
            self._start = self._file = None
            self._places = {}

    def left_behind(self) -> Iterator[LeftJournal]:
        """
        Yield the journals of dead processes, each locked until the next one.
        """
        if self._start is None:
            return
        for path in sorted(self._start.parent.glob(f"{glob.escape(self._start.name)}*")):
            try:
                file = os.open(path, os.O_RDONLY)
            except OSError:
                continue
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield LeftJournal(path, file)
            except OSError:
                # Its process lives, or it cannot be read now.
                continue
            finally:
                os.close(file)

    def _next_place(self) -> int:
        if self._file is None:
            self._file = self._made()
        used = {place for place, _ in self._places.values()}
        return next(place for place in itertools.count(1) if place not in used)

    def _made(self) -> int:
        # Nobody may find it before it is locked.
        new = self._path.with_name(f".{self._path.name}")
        file = os.open(new, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            header = _header(self._database_name, file)
            if os.pwrite(file, header.ljust(_PLACE), 0) != _PLACE:
                raise OSError("the disk is full")
            new.rename(self._path)
        except OSError:
            new.unlink(missing_ok=True)
            os.close(file)
            raise
        return file

    def _write(self, data: bytes, offset: int) -> None:
        if self._file is None or os.pwrite(self._file, data, offset) != len(data):
            raise OSError("it is closed, or the disk is full")

    def _write_reply(self, place: int, number: int, position: int, accepted: bool) -> bool:
        reply = b"%0*d%b" % (_DIGITS, number, _ACCEPTED if accepted else _NOT_ACCEPTED)
        try:
            self._write(reply, place * _PLACE + _LINE + position * _REPLY)
        except OSError as error:
            self._report(error)
            return False
        return True

    def _report(self, error: OSError) -> None:
        if not self._is_failing:
            message = "cannot write the replies to emails to %s: %s"
            extra = {"event": "replies.not_written"}
            logger.warning(message, self._path, error.strerror or error, extra=extra)
        self._is_failing = True


class LeftJournal:
    """
    The journal that a dead process left at *path*, open and locked as *file*.
    """

    def __init__(self, path: Path, file: int) -> None:
        self._path, self._file = path, file
        boot, self.database_name = _read_header(file)
        self._is_whole = boot == _boot() != b"-" and _is_stored(file)

    @property
    def calls(self) -> list[JournaledCall]:
        """
        Return the calls in the file, also those whose result is in the ledger.
        """
        places = range(1, os.fstat(self._file).st_size // _PLACE)
        found = (self._call(os.pread(self._file, _PLACE, place * _PLACE)) for place in places)
        return [call for call in found if call is not None]

    def remove(self) -> None:
        """
        Remove the file: everything in it is in the ledger.
        """
        self._path.unlink(missing_ok=True)

    def _call(self, place: bytes) -> JournaledCall | None:
        words = place[:_LINE].split()
        if len(words) != 4 or words[3] != _checksum(b" ".join(words[:3])):
            return None
        number, key, delivery_ids = words[:3]
        accepted: dict[int, bool | None] = {}
        is_over = False
        for position, delivery_id in enumerate(map(int, delivery_ids.split(b","))):
            reply = place[_LINE + position * _REPLY :][:_REPLY]
            # The replies of an earlier call at this place have another number.
            if reply in (number + _ACCEPTED, number + _NOT_ACCEPTED):
                accepted[delivery_id] = reply.endswith(_ACCEPTED)
            else:
                accepted[delivery_id] = False if is_over and self._is_whole else None
                is_over = True
        return JournaledCall(key=key.decode(), accepted=accepted, is_whole=self._is_whole)


def journal_start(database_file: Path | None, folder: Path) -> Path:
    """
    Return what the names of all journals begin with: beside an SQLite file, or else in *folder*,
    the folder of the settings.
    """
    if database_file is not None:
        return database_file.with_name(f"{database_file.name}-replies-")
    return folder / "replies-"


def _header(database_name: str, file: int) -> bytes:
    return b"%b %b %d" % (_boot(), database_name.encode(), os.fstat(file).st_ino)


def _read_header(file: int) -> tuple[bytes, str]:
    """
    Return the run of the machine in which the file was made, and the name of the database; nothing
    if it is a copy, because the original may have become longer.
    """
    words, found = os.pread(file, _PLACE, 0).split(), os.fstat(file)
    # Only a write sets both times to the same moment.
    is_original = words[2:] == [b"%d" % found.st_ino] and found.st_mtime_ns == found.st_ctime_ns
    return (words[0], words[1].decode()) if is_original else (b"", "")


def _line(number: int, key: str, delivery_ids: Sequence[int]) -> bytes | None:
    """
    Return the line of a call; None if it does not fit.
    """
    words = f"{number:0{_DIGITS}} {key} {','.join(map(str, delivery_ids))}".encode()
    line = words + b" " + _checksum(words)
    fits = len(line) < _LINE and 0 < len(delivery_ids) <= FEW
    return line if fits and len(words.split()) == 3 else None


def _checksum(words: bytes) -> bytes:
    return b"%08x" % zlib.crc32(words)


def _boot() -> bytes:
    """
    Return the name of the current run of the machine; `-` if the system gives it none.
    """
    try:
        return BOOT.read_bytes().strip() or b"-"
    except OSError:
        return b"-"


def _is_stored(file: int) -> bool:
    """
    Return False if the disk may have lost what was written to the file.
    """
    try:
        os.fsync(file)
    except OSError:
        return False
    return True
