"""
Find out in which encoding a text from outside is written: by its byte order mark, by a label, or by
its bytes. Imports use it, and `newsletter` for files, feeds, pages and emails.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import webencodings

# What files without any declaration were written in most often.
FALLBACK = "cp1252"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    # The mark of UTF-16LE is the start of that of UTF-32LE.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Encodings that the web does not know, but that old emails and files are labelled with. UTF-7 and
# the codecs of Python that are not encodings of texts (punycode, base64) are not among them.
_OLDER = ("cp", "euc", "hz", "iso2022", "johab", "koi8", "kz1048", "mac", "shift_jis", "utf-32")
# Python's codecs of these names are narrower than what is written under them.
_WIDER = {"gbk": "gb18030", "euc_jp": "euc_jis_2004", "iso2022_jp": "iso2022_jp_ext"}
_JAPANESE = "iso2022_jp"
# The escape before JIS X 0208.
_JIS = b"\x1b$B"
_HIGH = bytes(range(128, 256))
# Bytes that are not UTF-8, as the error handler "surrogateescape" decodes them.
STRAY = re.compile("[\udc80-\udcff]+")
_SAMPLE_BYTES = 65_536
# With fewer letters outside ASCII, chardet often answers with an encoding that only old Macintosh
# and DOS programs wrote.
_FEW = 8
# chardet's confidence is low in general. Below the first of these it found nothing that speaks for
# its answer; from the second on, and if no other reading of a few letters comes near, about 19 of
# 20 answers are right, and nearly all for longer texts.
_NO_EVIDENCE, _LITTLE_EVIDENCE, _LEAD = 0.01, 0.1, 1.5
# With little evidence, an encoding of the web is likelier than another with a slightly better mark.
_NEAR = 0.8


class Guess(NamedTuple):
    """
    The encoding in which a text is probably written, by its name for people and Python's codec. If
    the text has few letters outside ASCII, the guess is not sure. A single one is easy to see in
    the text, and not worth a warning.
    """

    name: str
    codec: str
    is_sure: bool
    is_single: bool


def codec_of(label: str | None) -> str | None:
    """
    Return Python's codec for a *label* as browsers read it (WHATWG Encoding): cp1252 for
    iso-8859-1, gb18030 for gb2312. None if there is none.
    """
    name = (label or "").strip("\"' \t\r\n;")
    known = webencodings.lookup(name) if name.isascii() else None
    if known is None or known.name == "replacement":
        codec = _codec_named(name)
        known = webencodings.lookup(codec)
        if known is None:
            return codec if codec.startswith(_OLDER) else None
    if known.name == "x-user-defined":
        return FALLBACK
    codec = str(known.codec_info.name)
    return _WIDER.get(codec, codec)


def marked_codec(start: bytes) -> tuple[str, int] | None:
    """
    Return the codec that the byte order mark at the *start* says, and the length of the mark.
    """
    return next(((codec, len(mark)) for mark, codec in _MARKS if start.startswith(mark)), None)


def wide_codec(start: bytes) -> str | None:
    """
    Return the codec of a text in UTF-16 or UTF-32 without a mark; "" if its NUL bytes are just
    some characters in a text, None if it is not a text.
    """
    import chardet  # as in `_ranking`

    found = chardet.detect(start[: _SAMPLE_BYTES // 4])["encoding"]
    codec = _codec_named(found or "")
    return codec if is_wide(codec) else "" if found else None


def is_wide(codec: str) -> bool:
    """
    Return True if every character of ASCII has NUL bytes in that encoding.
    """
    return codec.startswith(("utf-16", "utf-32"))


def is_mostly_utf8(texts: Iterable[str]) -> bool:
    """
    Return True if *texts*, decoded as UTF-8 with "surrogateescape", are in UTF-8 but for single
    bytes. In a text of another encoding nearly all bytes above 127 are stray.
    """
    good = 0
    for text in texts:
        stray = sum(map(len, STRAY.findall(text)))
        good += count_foreign(text) - 2 * stray
    return good >= 0


def count_foreign(text: str) -> int:
    """
    Return the number of characters outside ASCII.
    """
    return len(text) - len(text.encode("ascii", "ignore"))


def count_high(raw: bytes) -> int:
    """
    Return the number of bytes above 127.
    """
    return len(raw) - len(raw.translate(None, _HIGH))


def decode_leniently(raw: bytes, codec: str) -> str:
    """
    Decode *raw*; what cannot be decoded becomes U+FFFD.
    """
    if codec.startswith(_JAPANESE) and (text := raw.decode(codec, "replace")).count("\ufffd"):
        # Emails contain characters that NEC added to JIS X 0208. JIS X 0213, which Python decodes
        # under another escape, has them at the same place.
        wider = raw.replace(_JIS, b"\x1b$(Q").decode("iso2022_jp_2004", "replace")
        return min(text, wider, key=lambda each: each.count("\ufffd"))
    return raw.decode(codec, "replace")


def guess(lines: Iterable[bytes]) -> Guess:
    """
    Guess the encoding of a text that is not UTF-8 from those of its *lines* that are not ASCII.
    """
    sample = b"\n".join(line for line in lines if not line.isascii() or b"\x1b" in line)
    sample = sample[:_SAMPLE_BYTES]
    if _JIS in sample and sample.isascii():
        # chardet takes it for something else if a single character is not in the standard.
        return Guess("ISO-2022-JP", _WIDER[_JAPANESE], is_sure=True, is_single=False)
    letters = count_high(sample)
    is_long, is_single = letters >= _FEW, letters == 1
    ranking = _ranking(sample, is_long=is_long)
    best = ranking[0]
    codec, confidence = codec_of(best["encoding"]), best["confidence"]
    if codec is None or confidence < _NO_EVIDENCE:
        return Guess("Windows-1252", FALLBACK, is_sure=False, is_single=is_single)
    text = sample.decode(codec, "replace")
    others = (each["confidence"] for each in ranking if _reads_otherwise(sample, each, text))
    is_ahead = confidence >= _LEAD * next(others, 0.0)
    is_sure = confidence >= _LITTLE_EVIDENCE and (is_long or is_ahead)
    return Guess(str(best["encoding"]), codec, is_sure, is_single)


def _ranking(sample: bytes, *, is_long: bool) -> Sequence[Mapping[str, Any]]:
    """
    Return chardet's answers, the best one first: of the encodings of the web, or of all if the
    sample is long and one of the others is clearly better.
    """
    # Importing it takes 25 ms and its models 28 MB, which few processes need.
    import chardet
    from chardet.enums import EncodingEra

    def rank(era: EncodingEra) -> Sequence[Mapping[str, Any]]:
        return chardet.detect_all(
            sample,
            ignore_threshold=True,
            encoding_era=era,
            exclude_encodings=("ascii", "utf-8", "utf-8-sig", "utf-7"),
            empty_input_encoding=FALLBACK,
        )

    if not is_long:
        return rank(EncodingEra.MODERN_WEB)
    of_all = rank(EncodingEra.ALL & ~EncodingEra.MAINFRAME)
    if of_all[0]["confidence"] >= _LITTLE_EVIDENCE:
        return of_all
    of_web = rank(EncodingEra.MODERN_WEB)
    is_near = of_web[0]["confidence"] >= _NEAR * of_all[0]["confidence"]
    return of_web if is_near else of_all


def _reads_otherwise(sample: bytes, found: Mapping[str, Any], text: str) -> bool:
    codec = codec_of(found["encoding"])
    return codec is not None and sample.decode(codec, "replace") != text


def _codec_named(name: str) -> str:
    try:
        return codecs.lookup(name).name
    # In a restricted process, Python may not look for a codec that it has not loaded.
    except (LookupError, ValueError, OSError):
        return ""
