"""
Recognise bullets that people typed instead of marking up a list: `• a`, `- a`, `1. a`.
"""

from __future__ import annotations

import re

from newsletter.ingest.parsing.fields import dates

_SIGN = r"(?:[•‣●∙·▪◦⁃■–—*-]|\d{1,2}[.)])"
_LINE = re.compile(rf"^[\s\u200b]*{_SIGN}(?:[ \t\u00a0\u202f]+)(?P<words>\S.*)$", re.DOTALL)
_CODED = r"(?:&(?:bull|middot|ndash|mdash|#8226|#183|#8211);)"
_MARKUP = re.compile(
    rf"^(?P<before>(?:\s|&nbsp;|<[^<>/]{{1,200}}>)*)(?:{_SIGN}|{_CODED})(?:\s|&nbsp;)+"
)
_SURE = re.compile(r"^\s*[•‣●∙·▪◦⁃■]")


def bullet_words(line: str) -> str | None:
    """
    Return the text after the bullet that *line* starts with; None if it has none. "5. März 2019" is
    a date.
    """
    found = _LINE.match(line)
    is_date = found is not None and dates.whole_date(line, day_first=True) is not None
    return found["words"] if found and not is_date else None


def without_bullet(markup: str) -> str:
    """
    Return *markup* without the bullet it starts with; tags before the bullet stay.
    """
    return _MARKUP.sub(lambda found: found["before"], markup, count=1)


def is_surely_bullet(line: str) -> bool:
    """
    Return True if *line* starts with a character that is only used for bullets; a dash could be
    dialogue.
    """
    return bool(_SURE.match(line))
