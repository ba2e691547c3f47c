"""
Lines into records: the csv module, kept from swallowing what follows a mistake.

Left to itself csv reads on through the file after an unclosed quote, and lets NUL pass.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from typing import NamedTuple

from subscribers.import_export.text_file import MAX_LINE


class Record(NamedTuple):
    """
    The cells of one record and the number of its first line. With a *fault* the one cell is the
    line as it stands.
    """

    line: int
    cells: list[str]
    fault: str | None = None


class _Fault(Exception):
    """
    A line, or what a quote made one of it, that cannot be a record.
    """


class _Feed:
    """
    Hands lines to csv and remembers those of the record it is at, to take back all but the first.
    """

    def __init__(self, lines: Iterable[str], first_line: int) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self.taken: list[str] = []
        self.line = first_line
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        while True:
            if self._again:
                text = self._again.popleft()
            else:
                text = next(self._lines, "")
                if not text:
                    return
            self.taken.append(text)
            self._size += len(text)
            if self._size > MAX_LINE or "\0" in text:
                raise _Fault(self._what_is_wrong(text))
            yield text

    def _what_is_wrong(self, text: str) -> str:
        if "\0" in text:
            return "there is a NUL character in this line, or in the cell that begins in it"
        if len(text) > MAX_LINE:
            return f"this line, or the cell that begins in it, is over {MAX_LINE} characters"
        return "a quote is opened in this line and not closed"

    def forward(self) -> None:
        """
        The record is complete: the next one begins at the next line.
        """
        self.line += len(self.taken)
        self.taken = []
        self._size = 0

    def back(self) -> str:
        """
        The first line of a record that failed; those after it will come again.
        """
        first, *rest = self.taken
        self._again.extendleft(reversed(rest))
        self.taken = [first]
        self.forward()
        return first


def read_records(lines: Iterable[str], delimiter: str, *, first_line: int = 1) -> Iterator[Record]:
    """
    Every record of *lines*, faulty ones included; lines without any text are left out. The
    first of *lines* is number *first_line* of its file.
    """
    feed = _Feed(lines, first_line)
    fault: str | None = ""
    while fault is not None:
        fault = yield from _until_fault(feed, delimiter)
        if fault is not None:
            line = feed.line
            first = feed.back()
            if first.strip("\0 \t\n"):
                yield Record(line, [first.rstrip("\n").replace("\0", "")], fault)


def _until_fault(feed: _Feed, delimiter: str) -> Generator[Record, None, str | None]:
    """
    The records up to the first fault, which is returned; None at the end of the lines.
    """
    reader = csv.reader(iter(feed), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(cells):
                yield Record(feed.line, cells)
            feed.forward()
    except _Fault as fault:
        return str(fault)
    except csv.Error as error:
        return _say(str(error))
    return None


def _say(error: str) -> str:
    if "unexpected end of data" in error:
        return "a quote is opened in this line and not closed"
    if "expected after" in error:
        return "a quote is closed before the end of its cell"
    return f"this line cannot be read ({error})"
