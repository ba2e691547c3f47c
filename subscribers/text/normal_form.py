"""
Bring text into a normal form of Unicode, in a time that grows with its length.

`unicodedata.normalize` sorts a run of combining marks one by one, so the time grows with the square
of the run: 32,000 marks take a second, in which no other thread runs.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal

MOST_MARKS = 30
"""
How many combining marks may follow one letter, as in the Stream-Safe Text Format of Unicode (UAX
15, section 13). No language has words with more.
"""

# Beyond are no combining marks (Unicode 17).
_MARKS_END = 0x1F000


def normal_form(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """
    Return *text* in the normal *form*. Of more than MOST_MARKS combining marks in a row the rest is
    left out.
    """
    if not text.isascii():
        text = _long_runs().sub(lambda run: run[0][:MOST_MARKS], text)
    return unicodedata.normalize(form, text)


@lru_cache(maxsize=1)
def _long_runs() -> re.Pattern[str]:
    # Also what becomes a mark only by normalising, such as the half-width sound marks of Japanese.
    marks = (
        mark
        for mark in map(chr, range(0x300, _MARKS_END))
        if unicodedata.combining(unicodedata.normalize("NFKD", mark)[0])
    )
    return re.compile(f"[{''.join(marks)}]{{{MOST_MARKS + 1},}}")
