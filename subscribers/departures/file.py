"""
The file of departures. Lines are only added, each of them synced to disk before the transaction
that it tells of is committed. A crash between the two leaves a line too many: then somebody who
wanted to leave counts as gone, which is the safe side.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from subscribers.departures.model import Departure, read_line

# A file that is smaller is never rewritten.
COMPACT_FROM_BYTES = 64 * 2**20


class DepartureFile:
    """
    The file at *path*, which need not exist. Several processes may write to it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # The size after the last rewriting, below which another one would save little.
        self._compacted_bytes = 0

    def append(self, departures: Iterable[Departure]) -> None:
        """
        Add a line for each departure, and return once they are on disk.

        Raises:
            OSError: they cannot be written.
        """
        text = "".join(departure.as_line() for departure in departures)
        with self._locked() as handle:
            size = os.fstat(handle).st_size
            # After a crash the last line may be torn; what is added begins on a line of its own.
            if size and os.pread(handle, 1, size - 1) != b"\n":
                text = f"\n{text}"
            _write(handle, text.encode("ascii"))
            os.fsync(handle)
        if not size:
            _sync_folder(self.path.parent)

    def read(self) -> Iterator[Departure | None]:
        """
        Yield the departure on each line, or None for a damaged one; nothing if there is no file.

        Raises:
            OSError: it cannot be read.
        """
        try:
            opened = self.path.open(encoding="ascii", errors="replace", newline="\n")
        except FileNotFoundError:
            return
        with opened as lines:
            for line in lines:
                if line.strip():
                    yield read_line(line)

    def compact(self) -> bool:
        """
        Rewrite a large file, with only the newest line of each address, kind and list. Return True
        if it was rewritten.

        Nothing is lost by it: a line counts after a restore if the backup does not have it, and if
        the newest one is in the backup, so are all before it.

        Raises:
            OSError: it cannot be written; the old file stays.
        """
        size = self.path.stat().st_size if self.path.exists() else 0
        if size < max(COMPACT_FROM_BYTES, 2 * self._compacted_bytes):
            return False
        with self._locked():
            newest = {}
            for departure in self.read():
                if departure is not None:
                    newest[departure.subject] = departure
            self._replace(sorted(newest.values(), key=lambda departure: departure.at))
        self._compacted_bytes = self.path.stat().st_size
        return True

    def _replace(self, departures: Iterable[Departure]) -> None:
        new = self.path.with_name(f"{self.path.name}.new")
        new.unlink(missing_ok=True)
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            for departure in departures:
                _write(handle, departure.as_line().encode("ascii"))
            os.fsync(handle)
        finally:
            os.close(handle)
        new.replace(self.path)
        _sync_folder(self.path.parent)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """
        Open the file for appending, while no other process writes to it or replaces it.
        """
        while True:
            handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                if _is_same(handle, self.path):
                    yield handle
                    return
            finally:
                os.close(handle)


def _is_same(handle: int, path: Path) -> bool:
    """
    Return whether *path* is still the open file, which another process may have replaced.
    """
    try:
        there, here = path.stat(), os.fstat(handle)
    except FileNotFoundError:
        return False
    return (there[stat.ST_DEV], there[stat.ST_INO]) == (here[stat.ST_DEV], here[stat.ST_INO])


def _write(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


def _sync_folder(folder: Path) -> None:
    """
    Make the name of a new file durable.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
