"""
Writes the rows that were not taken in, or not with all they say, back out, with their line and
what is wrong, to be mended and imported again.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from subscribers.errors import ImportRefused
from subscribers.import_export.csv_records import Record
from subscribers.import_export.detect_layout import Layout


class ErrorsFile:
    """
    A CSV of the same columns and `line` and `reason`. It is gone at the end if nothing was added.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        self.path = path
        self.is_empty = True
        self._width = len(layout.header)
        try:
            self._out = path.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise ImportRefused(
                f"{path}: rows with errors cannot be written there ({error.strerror}): "
                "put the file into a folder that can be written to"
            ) from error
        self._csv = csv.writer(self._out, lineterminator="\n")
        self._csv.writerow([*layout.header, "line", "reason"])

    def add(self, record: Record, reason: str) -> None:
        self.is_empty = False
        self._csv.writerow([*self._fitted(record), record.line, reason])

    def __enter__(self) -> ErrorsFile:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._out.close()
        if self.is_empty:
            self.path.unlink(missing_ok=True)

    def _fitted(self, record: Record) -> Sequence[str]:
        """
        As many cells as columns; what is over stays in the last, so that nothing is lost.
        """
        cells = record.cells
        if len(cells) <= self._width:
            return [*cells, *[""] * (self._width - len(cells))]
        last = self._width - 1
        return [*cells[:last], " ".join(cell for cell in cells[last:] if cell)]
