"""
Guess the language of a brief that does not state it, and find the direction of a language.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_RIGHT_TO_LEFT = frozenset({"ar", "he", "fa", "ur", "yi", "ps", "sd", "ug", "dv", "ckb"})
# Bosnian takes half of the texts in Croatian and in Serbian.
_INDISTINCT = frozenset({"bs"})
# The filler text `Lorem ipsum`, and what is written in no language: code, keys of a keyboard.
_NO_LANGUAGE = frozenset({"la", "zxx"})
_SAMPLE = 500
_FEWEST_LETTERS = 20
# The share of certainty. Neighbours such as Danish and Norwegian have about half each in one
# sentence; names and numbers are below a fifth for every language.
_LEAST = 0.4
_LEAST_IF_SHORT = 0.75
_LAST_LATIN_LETTER = "\u024f"
# Marks as well: they are the vowels of Hindi or Thai.
_LETTERS = "LM"
# RFC 5646, section 2.1, the common form; sources write `en_US` as well.
_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,4}")


def language_tag(said: str | None) -> str | None:
    """
    Return the language tag that a source *said*; None if it said none, or something else.
    """
    tag = (said or "").strip()
    return tag.replace("_", "-") if _TAG.fullmatch(tag) else None


def language_of(text: str) -> str | None:
    """
    Guess the language of *text* and return its two-letter code; None if it is not clear. Below 20
    letters only the script can make it clear, so a short text in Latin letters has none.
    """
    sample = _without_addresses(text[:_SAMPLE])
    letters = list(itertools.islice(filter(_is_letter, sample), _FEWEST_LETTERS))
    is_short = len(letters) < _FEWEST_LETTERS
    if is_short and 2 * sum(char > _LAST_LATIN_LETTER for char in letters) <= len(letters):
        return None
    lang, certainty = _identifier().classify(sample)
    is_clear = certainty >= (_LEAST_IF_SHORT if is_short else _LEAST)
    return str(lang) if is_clear and lang not in _NO_LANGUAGE else None


def _is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in _LETTERS


def _without_addresses(text: str) -> str:
    return " ".join(word for word in text.split() if "://" not in word and "@" not in word)


@cache
def _identifier() -> LanguageIdentifier:
    """
    Load the model, about 0.4 s and 4.5 MB; only here, since few processes read briefs.
    """
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    found = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    known = {lang for lang in found.labels if len(lang) == 2} - _INDISTINCT
    found.set_languages(known | _NO_LANGUAGE)
    return found


def direction_of(lang: str | None) -> str:
    """
    Return the direction in which *lang* is written: `rtl` or `ltr`.
    """
    return "rtl" if lang and lang.split("-")[0].casefold() in _RIGHT_TO_LEFT else "ltr"
