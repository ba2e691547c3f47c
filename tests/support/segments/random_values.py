"""
Texts for the tests of random rules, and how they are written and compared.
"""

from __future__ import annotations

import random
import string
from collections.abc import Sequence

# Without quotes these are words of the language, or refused.
_WORDS = ("and", "or", "not", "null")
_FOLDING = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def random_texts(
    rng: random.Random, known: Sequence[str], *, whole: bool
) -> tuple[str, str, list[str]]:
    """
    Return a text to compare with, a part of one, and several texts. *whole*: the texts to compare
    with are all *known*; otherwise they may also be parts.
    """
    trimmed = [one.strip(" ") for one in known]
    wanted, longer, *others = (rng.choice(trimmed) for _ in range(4))
    part = _part(rng, longer)
    if not whole and rng.random() < 0.2:
        wanted = part
    return _in_other_case(rng, wanted), _in_other_case(rng, part), others


def _part(rng: random.Random, text: str) -> str:
    begin = rng.choice((0, rng.randrange(len(text))))
    end = rng.choice((len(text), rng.randrange(begin, len(text)) + 1))
    return text[begin:end].strip(" ") or "a"


def _in_other_case(rng: random.Random, text: str) -> str:
    """
    Return *text*, or the same in another case, in which it may be another text.
    """
    return rng.choice((text, text, text.upper(), text.lower(), text.swapcase()))


def quoted(rng: random.Random, text: str) -> str:
    """
    Return *text* in quotes of either kind, or without them if it can be.
    """
    if text.isascii() and text.isalpha() and text.lower() not in _WORDS:
        return rng.choice((text, f'"{text}"'))
    quote = rng.choice("\"'")
    inside = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    return f"{quote}{inside}{quote}"


def fold(text: str) -> str:
    """
    Return *text* with A to Z in lower case.
    """
    return text.translate(_FOLDING)
