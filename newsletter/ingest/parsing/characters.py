"""
Characters that nobody meant to write taken out of a text; curly quotes, and no-break spaces
inside a sentence (before units, French punctuation), stay.
"""

from __future__ import annotations

import re
import unicodedata

# Zero width space, word joiner, byte order mark, soft hyphen, controls, lone surrogates. The zero
# width (non-)joiners are kept: Persian words and emoji are spelled with them.
_UNSEEN = re.compile("[\u200b\u2060\ufeff\u00ad\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# Bidi overrides can make a sentence read as another (Unicode TR 36, 3.2); isolates and marks stay.
_OVERRIDES = re.compile("[\u202a-\u202e]")
_ENDS = " \t\n\r\u00a0\u2007\u202f\u200c\u200d"


def scrub(text: str) -> str:
    """
    *text* in NFC with LF line ends, without invisible characters. Fit for markup too.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _OVERRIDES.sub("", _UNSEEN.sub("", text))
    return unicodedata.normalize("NFC", text)


def line(text: str) -> str:
    """
    *text* as one scrubbed line: white space at the ends gone, line ends and runs of spaces one
    space, a no-break space inside kept.
    """
    return re.sub(r"[ \t\n]+", " ", scrub(text)).strip(_ENDS)
