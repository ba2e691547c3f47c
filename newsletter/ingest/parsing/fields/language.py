"""
Guess the language of a brief that does not state it, and find the direction of a language.
"""

from __future__ import annotations

import re
from collections import Counter

_SCRIPTS = (
    ("he", "[\u0590-\u05ff]"),
    ("fa", "[پچژگ]"),
    ("ar", "[\u0600-\u06ff]"),
    ("el", "[\u0370-\u03ff]"),
    ("ru", "[\u0400-\u04ff]"),
    ("ja", "[\u3040-\u30ff]"),
    ("zh", "[\u4e00-\u9fff]"),
)
_WORDS = {
    "en": "the of and to in is that for with was are has it on by",
    "fr": "le la les des et est une dans que pour qui sur pas au ne ont",
    "de": "der die das und ist nicht ein eine den mit von zu auf für im",
    "es": "el los las y es una que por para con del se no su al",
    "it": "il gli che di è una per con del della non sono nel alla i",
}
_SETS = {lang: frozenset(words.split()) for lang, words in _WORDS.items()}
_RIGHT_TO_LEFT = frozenset({"ar", "he", "fa", "ur", "yi", "ps", "sd", "ug", "dv", "ckb"})
_SAMPLE = 4000
_FEWEST = 3
_LEAST_SHARE = 0.1


def language_of(text: str) -> str | None:
    """
    Guess the language of *text* and return its two-letter code; None if it is not clear.
    """
    sample = text[:_SAMPLE]
    letters = len(re.findall(r"[^\W\d_]", sample))
    for lang, script in _SCRIPTS:
        # Few of the letters in Persian text are Persian ones, most are Arabic.
        share = 0.02 if lang == "fa" else 0.1 if lang == "ja" else 0.3
        if letters and len(re.findall(script, sample)) > share * letters:
            return lang
    words = Counter(re.findall(r"[^\W\d_]+", sample.casefold()))
    scores = {lang: sum(words[word] for word in known) for lang, known in _SETS.items()}
    best = max(scores, key=lambda lang: scores[lang])
    is_clear = list(scores.values()).count(scores[best]) == 1
    is_enough = scores[best] >= max(_FEWEST, _LEAST_SHARE * words.total())
    return best if is_enough and is_clear else None


def direction_of(lang: str | None) -> str:
    """
    Return the direction in which *lang* is written: `rtl` or `ltr`.
    """
    return "rtl" if lang and lang.split("-")[0].casefold() in _RIGHT_TO_LEFT else "ltr"
