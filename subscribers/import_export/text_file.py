"""
Open a text file of unknown encoding and read its lines, which may be of any length.
"""

from __future__ import annotations

import codecs
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from subscribers.errors import ImportRefused

MAX_LINE = 65_536
_CHUNK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_TEXT = (
    (b"PK\x03\x04", "a ZIP or spreadsheet file: unpack it, or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet file: save the sheet as CSV"),
    (b"\x1f\x8b", "a gzip file: unpack it"),
    (b"%PDF", "a PDF: export the people as CSV instead"),
)


class TextFile:
    """
    An open text file of `size` bytes.
    """

    def __init__(self, binary: io.BufferedReader, encoding: str) -> None:
        self.size = os.fstat(binary.fileno()).st_size
        self._binary = binary
        # Universal newlines: old spreadsheets end lines with only a carriage return.
        self._text = io.TextIOWrapper(binary, encoding=encoding, errors="replace", newline=None)

    @property
    def bytes_read(self) -> int:
        return self._binary.tell()

    def lines(self) -> Iterator[str]:
        """
        Yield the lines with their line feeds. A line longer than `MAX_LINE` is cut to one character
        more than that, without a line feed.
        """
        read = self._text.readline
        while line := read(MAX_LINE + 1):
            yield line
            if len(line) > MAX_LINE and line[-1] != "\n":
                self._skip_line()

    def _skip_line(self) -> None:
        while (rest := self._text.readline(MAX_LINE)) and rest[-1] != "\n":
            pass


@contextmanager
def open_text(path: Path) -> Iterator[TextFile]:
    """
    Open the file with the encoding that its bytes suggest.

    Raises:
        ImportRefused: it cannot be read, is empty, or is not text.
    """
    try:
        # Opening a pipe would wait for its writer, and a file is read twice.
        if path.exists() and not path.is_file():
            raise ImportRefused(f"{path}: this is not a regular file: save it as one")
        with path.open("rb") as binary:
            encoding = _find_encoding(path, binary)
            binary.seek(0)
            yield TextFile(binary, encoding)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ImportRefused(f"{path}: {reason}; check its path and permissions") from error


def _find_encoding(path: Path, binary: io.BufferedReader) -> str:
    """
    Detect the encoding: by the byte order mark, else UTF-8 if the whole file is valid UTF-8, else
    Windows-1252, which Excel writes.
    """
    start = binary.read(_CHUNK)
    if not start.strip():
        raise ImportRefused(f"{path}: the file is empty")
    for signature, what in _NOT_TEXT:
        if start.startswith(signature):
            raise ImportRefused(f"{path}: this is {what}")
    for bom, encoding in _BOMS:
        if start.startswith(bom):
            return encoding
    if start.count(b"\0") > len(start) // 20:
        raise ImportRefused(f"{path}: this is not a text file: save it as CSV in UTF-8")
    return "utf-8" if _is_utf8(start, binary) else "cp1252"


def _is_utf8(start: bytes, binary: io.BufferedReader) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    chunk = start
    try:
        while chunk:
            decoder.decode(chunk)
            chunk = binary.read(_CHUNK)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
