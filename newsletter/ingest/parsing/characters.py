"""
Remove invisible and control characters from text. Curly quotes and no-break spaces inside a
sentence (before units or French punctuation) stay.
"""

from __future__ import annotations

import re
import unicodedata

# Zero width space, word joiner, byte order mark, soft hyphen, controls, lone surrogates. The zero
# width joiner and non-joiner are kept, since Persian words and emoji need them.
_UNSEEN = re.compile("[\u200b\u2060\ufeff\u00ad\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# Bidi overrides can disguise a sentence as another (Unicode TR 36, 3.2); isolates and marks stay.
_OVERRIDES = re.compile("[\u202a-\u202e]")
_ENDS = " \t\n\r\u00a0\u2007\u202f\u200c\u200d"


def scrub(text: str) -> str:
    """
    Return *text* in NFC, with LF line ends and without invisible characters. Safe for markup too.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _OVERRIDES.sub("", _UNSEEN.sub("", text))
    return unicodedata.normalize("NFC", text)


def line(text: str) -> str:
    """
    Scrub *text* and return it as one line, stripped, with line ends and runs of spaces replaced by
    one space. No-break spaces inside stay.
    """
    return re.sub(r"[ \t\n]+", " ", scrub(text)).strip(_ENDS)
