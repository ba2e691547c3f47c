"""
Write the rows that were not imported, or not completely, to a file with their line and the reason,
so that a person can correct them and import them again.
"""

from __future__ import annotations

import contextlib
import csv
import itertools
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from subscribers.errors import ImportBlocked, ImportRefused, SubscribersError
from subscribers.import_export.cells import guard_formula, take_guard_off
from subscribers.import_export.csv_records import CsvRecord
from subscribers.import_export.file_refusals import not_writable, rejects_are_gone
from subscribers.import_export.sources import ImportSource
from subscribers.import_export.status_words import STATUS_OF_FILE
from subscribers.new_file import NewFile

# The columns that are added for each row, the first one if it may be from several files.
_OURS = ("file", "line", "reason")


class RejectsFile:
    """
    A CSV file with the columns of the import, `line` and `reason`. It appears at the end of a
    complete import, if anything was added, and only its owner can read it. Until then it has
    another name, with the number of the import, and another process can continue it.

    `path` is the first free name of `NAME.errors.csv`, `NAME.errors-2.csv` and so on. *headers* are
    the columns of each source, *names* what it is called, *statuses* what it says about everybody
    in it, if it does: in a file with rows of several, these have columns of their own. What an
    earlier import wrote into such columns is left out.
    """

    def __init__(
        self,
        path: Path,
        headers: Sequence[Sequence[str]],
        statuses: Sequence[str],
        names: Sequence[str],
        *,
        number: int,
        earlier: Mapping[str, Any] | None,
    ) -> None:
        self.path = Path(earlier["path"]) if earlier else _free_name(path)
        size = earlier["size"] if earlier else 0
        self.is_empty = not (earlier and earlier["has_rows"])
        theirs = [header[: len(header) - _count_ours(header)] for header in headers]
        self._places, header = _places_in(theirs)
        self._widths = [len(each) for each in headers]
        self._names = [[name] for name in names] if len(names) > 1 else [[]] * len(headers)
        self._width = len(header)
        self._statuses = [[status] for status in statuses] if any(statuses) else [[]] * len(headers)
        added = [STATUS_OF_FILE] if any(statuses) else []
        # It was published, and then the process died before it could say so.
        self._is_published = not self.is_empty and _has_size(self.path, size)
        try:
            self._new = NewFile(self.path, continued_as=_work_name(number))
            self._out = self._new.path.open("r+", encoding="utf-8", newline="")
        except OSError as error:
            raise ImportBlocked(not_writable(path, error.strerror)) from error
        self._require_size(size)
        self._csv = csv.writer(self._out, lineterminator="\n")
        if not size:
            ours = _OURS if len(names) > 1 else _OURS[1:]
            self._csv.writerow([*_guarded(header), *added, *ours])

    def add(self, source: int, record: CsvRecord, reason: str) -> None:
        """
        Write a record and why it was rejected. Surplus cells come last, under no column, so that
        the row is refused again until a person has moved or removed them.
        """
        self.is_empty = False
        cells, surplus = map(_guarded, self._split(source, record))
        of_source = [*self._statuses[source], *_guarded(self._names[source])]
        self._csv.writerow([*cells, *of_source, record.line, reason, *surplus])

    def sync(self) -> None:
        """
        Put what was added on the disk, before the transaction that counts it is committed.
        """
        self._out.flush()
        os.fsync(self._out.fileno())

    def as_json(self) -> dict[str, Any]:
        """
        Return what is written so far, as *earlier* has it.
        """
        self._out.flush()
        size = os.fstat(self._out.fileno()).st_size
        return {"path": str(self.path), "size": size, "has_rows": not self.is_empty}

    def discard(self) -> None:
        """
        Delete what was written.
        """
        self._out.close()
        self._new.discard()

    def publish(self) -> None:
        """
        Give the file its name, or delete it if nothing was added.
        """
        self._out.close()
        if self.is_empty or self._is_published:
            self._new.discard()
        else:
            self._new.publish()

    def __enter__(self) -> RejectsFile:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._out.close()
        if isinstance(_error, SubscribersError) and not isinstance(_error, ImportBlocked):
            self._new.discard()

    def _require_size(self, size: int) -> None:
        """
        Cut off what was added by a transaction that was not committed.
        """
        written = os.fstat(self._out.fileno()).st_size
        if written < size and not self._is_published:
            self.discard()
            raise ImportRefused(rejects_are_gone(self.path))
        self._out.truncate(size)
        self._out.seek(0, os.SEEK_END)

    def _split(self, source: int, record: CsvRecord) -> tuple[Sequence[str], Sequence[str]]:
        """
        Return as many cells as there are columns, and the surplus ones without blanks at the end.
        """
        places = self._places[source]
        cells = [""] * self._width
        for place, cell in zip(places, record.cells, strict=False):
            cells[place] = cell
        surplus = record.cells[self._widths[source] :]
        filled = max((place for place, cell in enumerate(surplus, 1) if cell), default=0)
        return cells, surplus[:filled]


def rejects_of(
    sources: Sequence[ImportSource], path: Path, *, number: int, earlier: Mapping[str, Any] | None
) -> RejectsFile:
    """
    Return the file for the rows of *sources* that have errors.
    """
    headers = [source.layout.header for source in sources]
    statuses = [said.status.value if (said := source.layout.at_least) else "" for source in sources]
    names = [source.name for source in sources]
    return RejectsFile(path, headers, statuses, names, number=number, earlier=earlier)


def discard_rejects(earlier: Mapping[str, Any] | None, number: int) -> None:
    """
    Delete what an import wrote that was interrupted and is not continued.
    """
    if earlier:
        with contextlib.suppress(OSError):
            NewFile(Path(earlier["path"]), continued_as=_work_name(number)).discard()


def _work_name(number: int) -> str:
    return f"import-{number}"


def _count_ours(header: Sequence[str]) -> int:
    """
    Return how many of the last columns an earlier import added.
    """
    return next((n for n in (3, 2) if tuple(header[-n:]) == _OURS[-n:]), 0)


def _places_in(headers: Sequence[Sequence[str]]) -> tuple[list[list[int]], list[str]]:
    """
    Return one header with the columns of all *headers*, and the place in it of each of theirs.
    Columns of the same name are one column, unless they are in the same header.
    """
    order: dict[tuple[str, int], int] = {}
    places: list[list[int]] = []
    for header in headers:
        seen: Counter[str] = Counter()
        places.append([])
        for column in header:
            seen[column] += 1
            places[-1].append(order.setdefault((column, seen[column]), len(order)))
    return places, [column for column, _ in order]


def _guarded(cells: Sequence[str]) -> Iterator[str]:
    """
    Guard the cells against being taken for formulas; those that have a guard already keep it.
    """
    return (guard_formula(take_guard_off(cell)) for cell in cells)


def _has_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _free_name(path: Path) -> Path:
    names = (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2))
    return next(name for name in itertools.chain([path], names) if not name.exists())
