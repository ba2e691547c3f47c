"""
Read the headers of a mail, in whatever encoding they are: encoded words (RFC 2047) with any label,
and raw bytes, which are not allowed but common. `message` and `source` use it.
"""

from __future__ import annotations

import re
from email.header import decode_header
from email.message import EmailMessage

from newsletter.ingest.parsing.formats.encoding import decode_text

# The decoder of the standard library is slow on endless headers.
_LONGEST = 10_000
_FOLDS = re.compile(r"[\r\n]+")


def header(message: EmailMessage, name: str) -> str | None:
    """
    Return the text of the first header *name*; None if it is missing or cannot be read.
    """
    own = name.lower()
    value = next((str(each) for said, each in message.raw_items() if said.lower() == own), None)
    if value is None:
        return None
    try:
        # Bytes outside ASCII are lone surrogates here (PEP 383); as Latin-1 they stay bytes.
        raw = _FOLDS.sub("", value[:_LONGEST]).encode("ascii", "surrogateescape").decode("latin-1")
        pieces = decode_header(raw)
        label = None if raw.isascii() else _label_of_text(message)
        return "".join(_decoded(piece, charset or label) for piece, charset in pieces)
    # The standard library fails on odd input in many ways (cpython #81284).
    except Exception:
        return None


def _decoded(piece: bytes | str, label: str | None) -> str:
    return decode_text(piece.encode("latin-1") if isinstance(piece, str) else piece, label).text


def _label_of_text(message: EmailMessage) -> str | None:
    """
    Return the charset of the first text part: raw headers are most likely written in it too.
    """
    texts = (part for part in message.walk() if part.get_content_maintype() == "text")
    return next((str(part.get_content_charset("")) for part in texts), None)
