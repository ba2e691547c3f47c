"""
Write the rows that were not imported, or not completely, to a file with their line and the reason,
so that a person can correct them and import them again.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

from subscribers.errors import ImportRefused
from subscribers.import_export.cells import guard_formula, take_guard_off
from subscribers.import_export.csv_records import CsvRecord
from subscribers.import_export.detect_layout import FileLayout
from subscribers.new_file import NewFile


class RejectsFile:
    """
    A CSV file with the columns of the import, `line` and `reason`. It appears at the end of a
    complete import, if anything was added, and only its owner can read it. `path` is the first free
    name of `NAME.errors.csv`, `NAME.errors-2.csv` and so on.
    """

    def __init__(self, path: Path, layout: FileLayout) -> None:
        self.path = _free_name(path)
        self.is_empty = True
        self._width = len(layout.header)
        try:
            self._new = NewFile(self.path)
            self._out = self._new.path.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise ImportRefused(
                f"{path}: cannot write the rows with errors there ({error.strerror}): "
                "copy the file to a writable folder"
            ) from error
        self._csv = csv.writer(self._out, lineterminator="\n")
        self._csv.writerow([*_guarded(layout.header), "line", "reason"])

    def add(self, record: CsvRecord, reason: str) -> None:
        """
        Write a record and why it was rejected. Surplus cells come last, under no column, so that
        the row is refused again until a person has moved or removed them.
        """
        self.is_empty = False
        cells, surplus = map(_guarded, self._split(record))
        self._csv.writerow([*cells, record.line, reason, *surplus])

    def __enter__(self) -> RejectsFile:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._out.close()
        if self.is_empty or _error is not None:
            self._new.discard()
        else:
            self._new.publish()

    def _split(self, record: CsvRecord) -> tuple[Sequence[str], Sequence[str]]:
        """
        Return as many cells as there are columns, and the surplus ones without blanks at the end.
        """
        cells = [*record.cells, *[""] * (self._width - len(record.cells))]
        filled = max((place for place, cell in enumerate(cells, 1) if cell), default=0)
        return cells[: self._width], cells[self._width : filled]


def _guarded(cells: Sequence[str]) -> Iterator[str]:
    """
    Guard the cells against being taken for formulas; those that have a guard already keep it.
    """
    return (guard_formula(take_guard_off(cell)) for cell in cells)


def _free_name(path: Path) -> Path:
    names = (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2))
    return next(name for name in itertools.chain([path], names) if not name.exists())
