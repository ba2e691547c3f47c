"""
Checks what a person typed as a name or a language, before it is kept; whoever keeps one asks.
"""

from __future__ import annotations

import re
import unicodedata

from subscribers.errors import InvalidText

# Controls, lone surrogates, and the separators of lines and paragraphs: what ends a line or has no
# shape. Zero-width joiners stay, for several scripts write names with them.
_UNFIT = frozenset({"Cc", "Cs", "Zl", "Zp"})
# RFC 5646, section 2.1, the common form: a language of two or three letters, then subtags.
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


def one_line(text: str, what: str, *, may_be_empty: bool = True) -> str:
    """
    *text* without the spaces around it; *what* names it to a person.

    Raises:
        InvalidText: it holds a line end or a control character, or is empty and may not be.
    """
    shown = text.strip(" ")
    if any(unicodedata.category(letter) in _UNFIT for letter in shown):
        raise InvalidText(f"the {what} {_short(shown)} holds a control character: write one line")
    if not shown.strip() and not may_be_empty:
        raise InvalidText(f"the {what} is empty: write one")
    return shown


def parse_language(text: str) -> str:
    """
    The language tag in *text*.

    Raises:
        InvalidText: it is none.
    """
    if not _LANGUAGE.fullmatch(text.strip()):
        raise InvalidText(f"{_short(text)} is no language: write a tag such as en, fr or pt-BR")
    return text.strip()


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
