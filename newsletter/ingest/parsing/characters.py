"""
Remove invisible and control characters from text, and shorten it. Curly quotes and no-break spaces
inside a sentence (before units or French punctuation) stay.
"""

from __future__ import annotations

import re
import unicodedata

from subscribers.text.normal_form import normal_form

# Zero width space, word joiner, byte order mark, soft hyphen, controls, lone surrogates, and what
# is left of a character that could not be decoded. The zero width joiner and non-joiner are kept,
# since Persian words and emoji need them.
_UNSEEN = re.compile(
    "[\u200b\u2060\ufeff\u00ad\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffd]"
)
# Bidi overrides can disguise a sentence as another (Unicode TR 36, 3.2); isolates and marks stay.
_OVERRIDES = re.compile("[\u202a-\u202e]")
_SPACES = "\t\n\r \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_ENDS = re.compile(
    f"^[{_SPACES}\u200c\u200d]+|(?<![{_SPACES}\u200c\u200d])[{_SPACES}\u200c\u200d]+$"
)
_MOST_REMOVED = 500
# Letters, numbers, punctuation and symbols.
_SEEN = "LNPS"


def scrub(text: str) -> str:
    """
    Return *text* in NFC, with LF line ends and without invisible characters. Safe for markup too.
    """
    if _is_plain(text):
        return text
    text = re.sub("\r\n?|[\u2028\u2029]", "\n", text)
    text = _OVERRIDES.sub("", _UNSEEN.sub("", text))
    return normal_form("NFC", text)


def line(text: str) -> str:
    """
    Scrub *text* and return it as one line, stripped, with line ends and runs of spaces replaced by
    one space. No-break spaces inside stay.
    """
    if _is_plain(text):
        return " ".join(text.split())
    return _ENDS.sub("", re.sub(r"[ \t\n]+", " ", scrub(text)))


def _is_plain(text: str) -> bool:
    # Most texts are, and both tests are fast.
    return text.isascii() and text.isprintable()


def is_visible(text: str) -> bool:
    """
    Return True if *text* has a character that can be seen.
    """
    return any(unicodedata.category(char)[0] in _SEEN for char in text)


def excerpt(text: str) -> str:
    """
    Return *text*, which was removed, to be shown and perhaps put back: all of it, unless it is
    long.
    """
    return shortened(text, _MOST_REMOVED)


def shortened(text: str, most: int) -> str:
    """
    Shorten *text* to *most* characters, after a word if possible.
    """
    if len(text) <= most:
        return text
    start = text[: most - 1]
    return f"{start[: start.rfind(' ', most // 2)] if ' ' in start[most // 2 :] else start}…"


def unread(*texts: str) -> tuple[str, ...]:
    """
    Return a warning if characters of the *texts* were lost where they were decoded.
    """
    lost = sum(text.count("\ufffd") for text in texts)
    if not lost:
        return ()
    what = "1 unreadable character was" if lost == 1 else f"{lost:,} unreadable characters were"
    return (f"{what} left out: check the text",)
