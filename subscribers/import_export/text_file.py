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
from typing import IO, NamedTuple

from subscribers.errors import ImportRefused
from subscribers.text.encoding import guess, is_mostly_utf8, marked_codec, wide_codec
from subscribers.text.phrases import phrase

MAX_LINE = 65_536
_CHUNK = 1 << 20
_SAMPLE_BYTES = 65_536
_NOT_TEXT = (
    (b"PK\x03\x04", phrase("a ZIP archive or spreadsheet: unpack it, or save the sheet as CSV")),
    (b"\xd0\xcf\x11\xe0", phrase("an old spreadsheet file: save the sheet as CSV")),
    (b"\x1f\x8b", phrase("a gzip file: unpack it")),
    (b"%PDF", phrase("a PDF: export the people as CSV instead")),
    (b"\x89PNG", phrase("a picture: export the people as CSV instead")),
    (b"\xff\xd8\xff", phrase("a picture: export the people as CSV instead")),
    (b"GIF8", phrase("a picture: export the people as CSV instead")),
    (b"<!", phrase("a web page: export the people as CSV instead")),
    (b"<html", phrase("a web page: export the people as CSV instead")),
    (b"<?xml", phrase("an XML file: export the people as CSV instead")),
    (b"[{", phrase("JSON: export the people as CSV instead")),
)
# The control characters that text does not have; NUL is one of them.
_CONTROLS = [bytes([code]) for code in range(32) if chr(code) not in "\t\n\v\f\r\x1a\x1b"]


class _FileEncoding(NamedTuple):
    """
    The codec of a file, the length of its byte order mark, and the name of the encoding if it was
    guessed from more than one letter.
    """

    codec: str
    mark_bytes: int = 0
    guessed: str | None = None


class TextFile:
    """
    An open text file of *size* bytes. `guessed_encoding` is the name of its encoding if it had to
    be guessed.
    """

    def __init__(self, binary: IO[bytes], encoding: _FileEncoding, size: int) -> None:
        self.size = size
        self.guessed_encoding = encoding.guessed
        self._binary = binary
        binary.seek(encoding.mark_bytes)
        # Universal newlines: old spreadsheets end lines with only a carriage return.
        self._text = io.TextIOWrapper(
            binary, encoding=encoding.codec, errors="replace", newline=None
        )

    @property
    def bytes_read(self) -> int:
        return self._binary.tell()

    def lines(self, *, most: int = MAX_LINE) -> Iterator[str]:
        """
        Yield the lines with their line feeds. A line longer than *most* is cut to one character
        more than that, without a line feed.
        """
        read = self._text.readline
        while line := read(most + 1):
            yield line
            if len(line) > most and line[-1] != "\n":
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
    with open_binary(path) as binary:
        yield as_text(binary, str(path), os.fstat(binary.fileno()).st_size)


def as_text(binary: IO[bytes], name: str, size: int) -> TextFile:
    """
    Return the text in an open file of *size* bytes that messages call *name*.

    Raises:
        ImportRefused: it is empty, or is not text.
    """
    return TextFile(binary, _find_encoding(name, binary), size)


def require_file(path: Path) -> None:
    """
    Raise ImportRefused for what is there, but is not a file that can be read twice.
    """
    if str(path) in ("-", "/dev/stdin"):
        raise ImportRefused(phrase("standard input is not read: save it as a file, and name that"))
    # Opening a pipe would wait for its writer.
    if path.exists() and not path.is_file():
        raise ImportRefused(phrase("{path}: this is not a regular file: save it as one", path=path))


@contextmanager
def open_binary(path: Path) -> Iterator[IO[bytes]]:
    """
    Open a regular file.

    Raises:
        ImportRefused: it cannot be opened or read, or is not a regular file.
    """
    try:
        require_file(path)
        with path.open("rb") as binary:
            yield binary
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ImportRefused(
            phrase("{path}: {reason}; check its path and permissions", path=path, reason=reason)
        ) from error


def _find_encoding(name: str, binary: IO[bytes]) -> _FileEncoding:
    """
    Find the encoding: by the byte order mark, else UTF-8 if the file is valid UTF-8 but for single
    bytes, else by a guess from its first lines with letters outside ASCII.
    """
    start = binary.read(_CHUNK)
    if not start.strip():
        raise ImportRefused(phrase("{name}: the file is empty", name=name))
    beginning = b"".join(start[:200].split()).lower()
    for signature, what in _NOT_TEXT:
        if beginning.startswith(signature.lower()):
            raise ImportRefused(phrase("{name}: this is {what}", name=name, what=what))
    if marked := marked_codec(start):
        return _FileEncoding(*marked)
    wide = wide_codec(start) if b"\0" in start else None
    if wide and "\0" not in start.decode(wide, "replace"):
        return _FileEncoding(wide)
    if sum(map(start[:_SAMPLE_BYTES].count, _CONTROLS)) > len(start[:_SAMPLE_BYTES]) // 20:
        raise ImportRefused(
            phrase("{name}: this is not a text file: save it as CSV in UTF-8", name=name)
        )
    if _is_utf8(binary):
        return _FileEncoding("utf-8")
    found = guess(_first_lines(binary))
    return _FileEncoding(found.codec, guessed=None if found.is_single else found.name)


def _is_utf8(binary: IO[bytes]) -> bool:
    try:
        for _ in _decoded(binary, errors="strict"):
            pass
    except UnicodeDecodeError:
        return is_mostly_utf8(_decoded(binary, errors="surrogateescape"))
    return True


def _decoded(binary: IO[bytes], *, errors: str) -> Iterator[str]:
    binary.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")(errors)
    while chunk := binary.read(_CHUNK):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _first_lines(binary: IO[bytes]) -> Iterator[bytes]:
    """
    Yield the first lines with letters outside ASCII.
    """
    binary.seek(0)
    size = 0
    while size < _SAMPLE_BYTES and (line := binary.readline(MAX_LINE)):
        if not line.isascii():
            size += len(line)
            yield line
