"""
Check a name or a language that a person typed, before it is stored.
"""

from __future__ import annotations

import re
import unicodedata

from subscribers.errors import InvalidText
from subscribers.text.phrases import phrase

# Controls, lone surrogates, and the separators of lines and paragraphs. Zero-width joiners are
# allowed, because several scripts write names with them.
_NOT_ALLOWED = frozenset({"Cc", "Cs", "Zl", "Zp"})
MAX_NAME = 200
# They change the order in which the text around a name is shown (Unicode Standard Annex 9).
DIRECTION_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# RFC 5646, section 2.1, the common form: a language of two or three letters, then subtags.
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


def one_line(text: str, what: str, *, may_be_empty: bool = True, field: str = "") -> str:
    """
    Return *text* without the spaces around it. *what* is the name of the field in a message,
    *field* the one in a request.

    Raises:
        InvalidText: the text has a line break or a control character, or is empty although it must
            not be.
    """
    shown = text.strip(" ")
    if any(unicodedata.category(letter) in _NOT_ALLOWED for letter in shown):
        raise InvalidText(
            phrase(
                "the {what} {shown} contains a line break or control character: remove it",
                what=what,
                shown=_short(shown),
            ),
            field=field,
        )
    if not shown.strip() and not may_be_empty:
        raise InvalidText(phrase("the {what} is empty: enter one", what=what), field=field)
    return shown


def person_name(text: str) -> str:
    """
    Return the name of a person in *text*, which may be empty.

    Raises:
        InvalidText: it is too long, or has a line break, a control character or one that changes
            the direction of writing.
    """
    name = one_line(text, phrase("person's name"), field="name")
    if len(name) > MAX_NAME:
        raise InvalidText(
            phrase(
                "the person's name {name} has {number} characters: write at most {limit}",
                name=_short(name),
                number=len(name),
                limit=MAX_NAME,
            ),
            field="name",
        )
    if not DIRECTION_CONTROLS.isdisjoint(name):
        raise InvalidText(
            phrase(
                "the person's name {name} contains a character that changes the direction "
                "of writing: remove it",
                name=_short(name),
            ),
            field="name",
        )
    return name


def parse_language(text: str) -> str:
    """
    Return the language tag in *text*.

    Raises:
        InvalidText: it is not the tag of a known language (Unicode CLDR).
    """
    from babel import Locale, UnknownLocaleError

    tag = text.strip()
    try:
        known = _LANGUAGE.fullmatch(tag) and Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        known = None
    if not known:
        raise InvalidText(
            phrase(
                "{text} is not a known language: write its code, such as en, de or pt-BR",
                text=_short(text),
            ),
            field="language",
        )
    return tag


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
