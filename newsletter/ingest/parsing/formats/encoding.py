"""
Decode files and bodies that do not declare their encoding. Sources call it before they create a raw
item; the rest of `parsing` works on text.
"""

from __future__ import annotations

import codecs

from newsletter.errors import ReadError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode(raw: bytes) -> str:
    """
    Decode *raw* by its byte order mark, else as UTF-8, else as Windows-1252.

    Raises:
        ReadError: *raw* contains NUL bytes, or does not match its byte order mark.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _marked(raw[len(mark) :], encoding)
    if b"\x00" in raw:
        raise ReadError("the content is binary, not text: save it as UTF-8 text")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        # Five bytes are undefined in Windows-1252; browsers decode them as C1 controls (WHATWG
        # Encoding, index windows-1252). Here they become the replacement character.
        return raw.decode("cp1252", errors="replace")


def _marked(raw: bytes, encoding: str) -> str:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise ReadError(
            f"the content has the byte order mark of {encoding} but is not valid: save it as UTF-8"
        ) from error
    if "\x00" in text:
        raise ReadError("the content is binary, not text: save it as UTF-8 text")
    return text
