"""
Read the numbers in the addresses and forms of staff pages.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import Request

from newsletter.errors import NotFound
from subscribers.text.phrases import phrase

# More digits than any number in the database has.
_MOST_DIGITS = 18


def number_in(request: Request, name: str = "number") -> int:
    """
    Return the number in the part *name* of the path.

    Raises:
        NotFound: it is not a number.
    """
    text = request.path_params[name]
    if not is_number(text):
        raise NotFound(phrase("there is no such number"))
    return int(text)


def is_number(text: str) -> bool:
    """
    Return True if *text* can be the number of something stored.
    """
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def number_or_none(text: str) -> int | None:
    """
    Return the number that *text* is; None if it is none.
    """
    return int(text) if is_number(text) else None


def numbers_in(texts: Iterable[str]) -> list[int]:
    """
    Return the numbers among *texts*, each once.
    """
    return list(dict.fromkeys(int(text) for text in texts if is_number(text)))
