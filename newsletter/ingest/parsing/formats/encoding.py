"""
Decode what comes from outside: files, feeds, pages and emails. Sources call it before they create a
raw item; the rest of `parsing` works on text. `subscribers.text.encoding` knows the encodings.

The order is: the byte order mark, the transport (Content-Type), the document (meta, XML
declaration), UTF-8 if the bytes are valid UTF-8, a guess. It follows WHATWG Encoding but for one
thing: a text that is valid UTF-8 is read so even if it is labelled as something else, because a
text of another encoding hardly ever is valid UTF-8, while wrong labels are common.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from typing import NamedTuple

from newsletter.errors import ReadError
from newsletter.ingest.parsing.formats.encoding_labels import (
    is_declared_utf8,
    labels_of_html,
    labels_of_xml,
)
from subscribers.text.encoding import (
    FALLBACK,
    STRAY,
    codec_of,
    count_foreign,
    decode_leniently,
    guess,
    is_mostly_utf8,
    is_wide,
    marked_codec,
    wide_codec,
)
from subscribers.text.phrases import phrase

_BAD = "\ufffd"
_XML_START = "<?xml version='1.0' encoding='utf-8'?>"
_BINARY = "the content is binary, not text: save it as UTF-8 text"
# So many bytes of UTF-8 are in no text of another encoding by chance.
_SURE_UTF8 = 8
_CHUNK = 1 << 20
# Of the characters of two bytes in UTF-8, only these look wrong in every other encoding of one byte
# a letter ("Ã¼"); others may be a capital before a quotation mark.
_ONLY_UTF8 = re.compile("[\u0080-\u00ff\u0800-\U0010ffff]|[^\x00-\x7f][\x00-\x7f]*[^\x00-\x7f]")


class Decoded(NamedTuple):
    """
    A text, the codec it was decoded with, and a warning if that is an uncertain guess.
    """

    text: str
    codec: str
    warning: str | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """
        Return the warning for the brief, if there is one.
        """
        return (self.warning,) if self.warning else ()


def decode(raw: bytes) -> str:
    """
    Decode a text without a label.

    Raises:
        ReadError: *raw* is binary.
    """
    return decode_text(raw).text


def decode_text(raw: bytes, label: str | None = None) -> Decoded:
    """
    Decode a plain text whose encoding the transport calls *label*.

    Raises:
        ReadError: *raw* is binary.
    """
    return _decoded(raw, (label,))


def decode_html(raw: bytes, label: str | None = None, *, is_xhtml: bool = False) -> Decoded:
    """
    Decode a page or a fragment of HTML, which may declare its encoding itself.

    Raises:
        ReadError: *raw* is binary.
    """
    return _decoded(raw, labels_of_html(raw, label, is_xhtml=is_xhtml), is_markup=True)


def utf8_of(raw: bytes, label: str | None = None) -> tuple[bytes, str | None]:
    """
    Return an XML or JSON document in UTF-8, and a warning if its encoding was guessed.

    Raises:
        ReadError: *raw* is binary.
    """
    raw = raw.removeprefix(codecs.BOM_UTF8)
    if is_declared_utf8(raw) and b"\x00" not in raw and _is_only_utf8(raw):
        return raw, None
    decoded = _decoded(raw, labels_of_xml(raw, label), is_markup=True)
    text = decoded.text.lstrip("\ufeff \t\r\n")
    if text.startswith("<?xml"):
        text = _XML_START + text.partition("?>")[2]
    return text.encode("utf-8", "replace"), decoded.warning


def _decoded(raw: bytes, labels: Iterable[str | None], *, is_markup: bool = False) -> Decoded:
    if marked := marked_codec(raw):
        codec, length = marked
        return _marked(raw[length:], codec)
    if b"\x00" in raw:
        wide = wide_codec(raw)
        if wide is None:
            wide = next(filter(is_wide, filter(None, map(codec_of, labels))), None)
        if wide is None:
            raise ReadError(_BINARY)
        if wide:
            return Decoded(_without_nul(raw.decode(wide, "replace")), wide)
        raw = raw.replace(b"\x00", b"")
    text = _as_utf8(raw)
    if text is not None and _is_surely_utf8(raw, text):
        return Decoded(text, "utf-8")
    for codec in filter(None, map(codec_of, labels)):
        if (labelled := _labelled(raw, codec, text)) is not None:
            return labelled
    return _guessed(raw, text, is_markup=is_markup)


def _marked(raw: bytes, codec: str) -> Decoded:
    text = raw.decode(codec, "replace")
    # An image or a film may begin with the bytes of a mark.
    if text.count(_BAD) * 4 > len(text):
        raise ReadError(
            phrase(
                "the content has the byte order mark of {codec} but is not valid: save it as UTF-8",
                codec=codec,
            )
        )
    return Decoded(_without_nul(text), codec)


def _without_nul(text: str) -> str:
    if text.count("\x00") * 100 > len(text):
        raise ReadError(_BINARY)
    return text.replace("\x00", "")


def _as_utf8(raw: bytes) -> str | None:
    """
    Return *raw* as text if it is valid UTF-8.
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _is_only_utf8(raw: bytes) -> bool:
    """
    Return True if *raw* is surely UTF-8. A large document is never decoded whole.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    starts = range(0, len(raw), _CHUNK)
    try:
        surplus = sum(
            len(chunk) - len(decoder.decode(chunk))
            for chunk in (raw[start : start + _CHUNK] for start in starts)
        )
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return surplus >= _SURE_UTF8 or (raw.isascii() and not _has_escapes(raw))


def _has_escapes(raw: bytes) -> bool:
    """
    Return True if *raw* may be in an encoding of seven bits: ISO-2022 (Japanese, Korean) or HZ
    (Chinese).
    """
    return b"\x1b" in raw or b"~{" in raw


def _is_surely_utf8(raw: bytes, text: str) -> bool:
    if raw.isascii():
        return not _has_escapes(raw)
    return len(raw) - len(text) >= _SURE_UTF8


def _labelled(raw: bytes, codec: str, as_utf8: str | None) -> Decoded | None:
    """
    Decode *raw* with the *codec* of its label; None if the label is wrong.
    """
    if is_wide(codec):
        return None
    if codec == "utf-8":
        text = as_utf8 if as_utf8 is not None else _repaired(raw)
        return Decoded(text, codec) if text is not None else None
    text = decode_leniently(raw, codec)
    bad = text.count(_BAD)
    if as_utf8 is not None and not raw.isascii():
        is_single = len(text) == len(raw)
        if bad or (is_single and _ONLY_UTF8.search(as_utf8)):
            return Decoded(as_utf8, "utf-8")
    good = count_foreign(text) - bad
    return Decoded(text, codec) if good >= 2 * bad else None


def _repaired(raw: bytes) -> str | None:
    """
    Decode a text that is mostly UTF-8; None if it is not.

    Single wrong bytes are read as Windows-1252, from which such characters are pasted; those that
    are part of a character that was cut become the replacement character.
    """
    text = raw.decode("utf-8", "surrogateescape")
    return STRAY.sub(_repair, text) if is_mostly_utf8([text]) else None


def _repair(found: re.Match[str]) -> str:
    raw = found[0].encode("utf-8", "surrogateescape")
    is_cut = raw[0] in b"\xc2\xc3" or (len(raw) > 1 and 0xE0 <= raw[0] <= 0xF4 and raw[1] < 0xC0)
    return _BAD if is_cut else raw.decode(FALLBACK, "replace")


def _guessed(raw: bytes, as_utf8: str | None, *, is_markup: bool) -> Decoded:
    has_escapes = b"\x1b" in raw
    if as_utf8 is not None and not (has_escapes and raw.isascii()):
        return Decoded(as_utf8, "utf-8")
    if as_utf8 is None and (repaired := _repaired(raw)) is not None:
        return Decoded(repaired, "utf-8")
    # In ISO-2022 the bytes of a tag may be part of a character.
    texts = _texts_of(raw) if is_markup and not has_escapes else [raw]
    found = guess(line for text in texts for line in text.splitlines())
    if as_utf8 is not None and not found.codec.startswith("iso2022"):
        return Decoded(as_utf8, "utf-8")
    warning = None if found.is_sure or found.is_single else _guess_warning(found.name)
    return Decoded(decode_leniently(raw, found.codec), found.codec, warning)


def _guess_warning(name: str) -> str:
    return (
        f"the encoding of the text is unknown and was guessed to be {name}: check letters with "
        "accents, and save the text as UTF-8 if they are wrong"
    )


def _texts_of(raw: bytes) -> list[bytes]:
    """
    Return the texts of a document between its tags, without scripts and styles. If only its tags
    have letters outside ASCII, it is returned whole.
    """
    texts, inside = [], b""
    for piece in raw.split(b"<"):
        tag, _, text = piece.partition(b">")
        name = tag[:8].lower()
        if inside:
            if not name.startswith(inside):
                continue
            inside = b""
        elif name.startswith((b"script", b"style")):
            inside = b"/" + name[:5]
            continue
        texts.append(piece if piece.startswith(b"![CDATA[") else text)
    return texts if any(not text.isascii() for text in texts) else [raw]
