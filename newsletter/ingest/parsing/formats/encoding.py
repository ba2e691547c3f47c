"""
Bytes to text, for files and bodies that do not say what they are written in. Sources call it
before they make a raw item; nothing else here sees bytes.
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
    The text in *raw*: by its byte order mark, else UTF-8, else Windows-1252.

    Raises:
        ReadError: *raw* holds NUL bytes, or breaks what its byte order mark promises.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _marked(raw[len(mark) :], encoding)
    if b"\x00" in raw:
        raise ReadError("The content is binary, not text: save it as UTF-8 text.")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        # Five bytes have no meaning in Windows-1252; browsers read them as C1 controls
        # (WHATWG Encoding, index windows-1252). Here they become the replacement character.
        return raw.decode("cp1252", errors="replace")


def _marked(raw: bytes, encoding: str) -> str:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise ReadError(f"The content starts like {encoding} but is not: save it again.") from error
    if "\x00" in text:
        raise ReadError("The content is binary, not text: save it as UTF-8 text.")
    return text
