"""
Fill in the placeholders of fixed texts. Templates do this in the sandbox, so nothing is read here.
"""

from __future__ import annotations

import re
import unicodedata

from markupsafe import Markup, escape

_PLACEHOLDER = re.compile(r"\{(\w*)\}")
# Unicode's first-strong isolate and its end (UAX 9): what is between them keeps its own direction.
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"


def placeholders_in(phrase: str) -> set[str]:
    """
    Return the names in braces in *phrase*.
    """
    return set(_PLACEHOLDER.findall(phrase))


def fill_placeholders(phrase: str, **values: object) -> str:
    """
    Replace each name in braces in *phrase* with its value. If a value is HTML, so is the result.

    A text that runs against the direction of the phrase is isolated, so that the punctuation around
    it stays in place.
    """
    is_html = any(isinstance(value, Markup) for value in values.values())

    def value_of(hole: re.Match[str]) -> str:
        if hole[1] not in values:
            return hole[0]
        value = values[hole[1]]
        if isinstance(value, Markup):
            return str(value)
        text = _isolated(str(value), phrase)
        return str(escape(text)) if is_html else text

    filled = _PLACEHOLDER.sub(value_of, str(escape(phrase)) if is_html else phrase)
    return Markup(filled) if is_html else filled  # noqa: S704 (every piece is escaped)


def _isolated(value: str, phrase: str) -> str:
    runs_against = {_is_rtl(value), _is_rtl(_PLACEHOLDER.sub("", phrase))} == {True, False}
    return f"{_ISOLATE}{value}{_END_ISOLATE}" if runs_against else value


def _is_rtl(text: str) -> bool | None:
    """
    Return True if the first letter of *text* that is not isolated is written from right to left,
    and None if there is no letter.
    """
    depth = 0
    for char in text:
        direction = unicodedata.bidirectional(char)
        if direction in ("LRI", "RLI", "FSI"):
            depth += 1
        elif direction == "PDI":
            depth -= 1
        elif direction in ("L", "R", "AL") and depth == 0:
            return direction != "L"
    return None
