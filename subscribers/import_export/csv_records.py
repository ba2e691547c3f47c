"""
Read lines into records with the csv module, so that a mistake in one record does not affect others.

On its own, csv reads through the rest of the file after an unclosed quote, and accepts NUL.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from typing import NamedTuple

from subscribers.import_export.reading.pasted_addresses import split_addresses
from subscribers.import_export.text_file import MAX_LINE
from subscribers.text.phrases import phrase

_NUL = phrase("this line, or the cell that starts in it, contains a NUL character")
_TOO_LONG = phrase(
    "this line, or the cell that starts in it, is over {limit} characters long", limit=MAX_LINE
)
_NOT_CLOSED = phrase("a quote in this line is not closed")
_CLOSED_EARLY = phrase("a quote is closed before the end of its cell")


class CsvRecord(NamedTuple):
    """
    The cells of one record and the number of its first line. If it has a `fault`, the whole line is
    its only cell.
    """

    line: int
    cells: list[str]
    fault: str | None = None


class _Fault(Exception):
    """
    A line that cannot be read as a record.
    """


class _LineReader:
    """
    Passes lines to csv and remembers those of the current record, so that all but the first can be
    read again.
    """

    def __init__(self, lines: Iterable[str], first_line: int) -> None:
        self._lines = iter(lines)
        self._to_reread: deque[str] = deque()
        self._read_lines: list[str] = []
        self.line = first_line
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        while True:
            if self._to_reread:
                text = self._to_reread.popleft()
            else:
                text = next(self._lines, "")
                if not text:
                    return
            self._read_lines.append(text)
            self._size += len(text)
            if self._size > MAX_LINE or "\0" in text:
                raise _Fault(self._fault_in(text))
            yield text

    def _fault_in(self, text: str) -> str:
        if "\0" in text:
            return _NUL
        if len(text) > MAX_LINE:
            return _TOO_LONG
        return _NOT_CLOSED

    def complete_record(self) -> None:
        """
        Start the next record at the next line.
        """
        self.line += len(self._read_lines)
        self._read_lines = []
        self._size = 0

    def reject_record(self) -> str:
        """
        Return the first line of the current record and arrange for the lines after it to be read
        again.
        """
        first, *rest = self._read_lines
        self._to_reread.extendleft(reversed(rest))
        self._read_lines = [first]
        self.complete_record()
        return first


def read_records(
    lines: Iterable[str], delimiter: str, *, first_line: int = 1
) -> Iterator[CsvRecord]:
    """
    Yield every record of *lines*, including those with a fault; blank lines are left out. The first
    of *lines* has the number *first_line* in its file. Without a delimiter, each address of a line
    is a record.
    """
    if not delimiter:
        yield from _read_addresses(lines, first_line)
        return
    reader = _LineReader(lines, first_line)
    fault: str | None = ""
    while fault is not None:
        fault = yield from _read_until_fault(reader, delimiter)
        if fault is not None:
            line = reader.line
            first = reader.reject_record()
            if first.strip("\0 \t\n"):
                yield CsvRecord(line, [first.rstrip("\n").replace("\0", "")], fault)


def _read_addresses(lines: Iterable[str], first_line: int) -> Iterator[CsvRecord]:
    for number, line in enumerate(lines, first_line):
        if "\0" in line:
            yield CsvRecord(number, [line.strip().replace("\0", "")], _NUL)
        elif len(line) > MAX_LINE:
            yield CsvRecord(number, [line], _TOO_LONG)
        else:
            for address in split_addresses(line):
                yield CsvRecord(number, [address])


def _read_until_fault(
    reader: _LineReader, delimiter: str
) -> Generator[CsvRecord, None, str | None]:
    """
    Yield the records up to the first fault and return the fault; None at the end of the lines.
    """
    try:
        for cells in csv.reader(iter(reader), delimiter=delimiter, strict=True):
            if any(cells):
                yield CsvRecord(reader.line, cells)
            reader.complete_record()
    except _Fault as fault:
        return str(fault)
    except csv.Error as error:
        return _fault_of(str(error))
    return None


def _fault_of(error: str) -> str:
    if "unexpected end of data" in error:
        return _NOT_CLOSED
    if "expected after" in error:
        return _CLOSED_EARLY
    return f"this line cannot be read ({error})"
