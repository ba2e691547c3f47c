"""
Check the tables of the file: which keys they have, and their types.
"""

from __future__ import annotations

import difflib
import enum
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from newsletter.errors import Refused

Table = dict[str, Any]
E = TypeVar("E", bound=enum.StrEnum)
_KINDS = {
    str: "text in quotes",
    bool: "true or false",
    int: "a number",
    list: "a list of texts in quotes",
    dict: 'a table, such as { accent = "#8a1c16" }',
}


def require_known(word: str, known: Iterable[str], *, what: str) -> None:
    """
    Require a known *word*.

    Raises:
        Refused: it is not; the line names the nearest.
    """
    words = sorted(known)
    if word in words:
        return
    nearest = difflib.get_close_matches(word, words, n=1)
    advice = f"did you mean {nearest[0]}?" if nearest else f"expected one of {', '.join(words)}"
    raise Refused(f"{what} {word}: {advice}")


def require_kinds(table: Table, kinds: Mapping[str, type], *, needed: Iterable[str]) -> None:
    """
    Require a table whose values have the types in *kinds*.

    Raises:
        Refused: a key is unknown or missing, or its value has another type.
    """
    for key, value in table.items():
        require_known(key, kinds, what="unknown key")
        kind = kinds[key]
        are_texts = not isinstance(value, list) or all(isinstance(text, str) for text in value)
        if type(value) is not kind or not are_texts:
            raise Refused(f"{key}: write {_KINDS[kind]}")
    missing = [key for key in needed if key not in table]
    if missing:
        raise Refused(f"{missing[0]} is missing")


def one_of(words: type[E], word: str) -> E:
    """
    Return the member of *words* whose value is *word*.

    Raises:
        Refused: there is none.
    """
    if word not in list(words):
        raise Refused(f"{word!r} is not valid: write one of {', '.join(words)}")
    return words(word)
