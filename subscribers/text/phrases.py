"""
Sentences that can be translated after they were made. A phrase is its English text, as the command
line and the API show it, and knows the template and the values that it was made of; the newsroom
finds the template in its message catalogues.
"""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Self

from subscribers.text.phrase_values import pack_value, unpack_value

# Kept as they are, so that they can be formatted as a language writes them.
_KEPT = (str, int, float, Decimal, dt.date, dt.timedelta, enum.Enum)
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
# What a template may have beside its text: `{name}`, `{name!r}`, `{name:,}`, `{name:04X}` and
# doubled braces.
_TEMPLATE = re.compile(r"(?:[^{}]|\{\{|\}\}|\{\w+(?:![rs])?(?::(?:[,g]|\d{1,2}X)?)?\})*+")


class Phrase(str):
    """
    An English sentence. `template` has placeholders such as `{list}`; if `values` is empty, it is
    the sentence itself. `other` is the template for all numbers but one, if `number` is counted.
    What is made of it, by an f-string or `strip`, is an ordinary text again.
    """

    __slots__ = ("number", "other", "template", "values")

    template: str
    values: Mapping[str, object]
    other: str
    number: int

    def __new__(
        cls, template: str, values: Mapping[str, object], other: str = "", number: int = 1
    ) -> Self:
        chosen = other if other and number != 1 else template
        made = super().__new__(cls, chosen.format(**values) if values else chosen)
        made.template, made.values = template, values
        made.other, made.number = other, number
        return made

    def __str__(self) -> str:
        # So that `str(error)` and `str(stop)` are still phrases.
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (Phrase, (self.template, dict(self.values), self.other, self.number))

    @property
    def has_words(self) -> bool:
        """
        Return whether there is anything to translate but the values.
        """
        text = _PLACEHOLDER.sub("", self.template) if self.values else self.template
        return any(character.isalpha() for character in text)


def phrase(template: str, /, **values: object) -> str:
    """
    Return a sentence: *template* with *values* in the place of `{name}`. A value may be a phrase
    itself, or an error, which stands for its message.
    """
    return Phrase(template, _kept(values))


def plural(one: str, other: str, number: int, /, **values: object) -> str:
    """
    Return a sentence about *number* things, which is also the value of `{n}`: *one* for one of
    them, else *other*.
    """
    return Phrase(one, {"n": number, **_kept(values)}, other, number)


def filled(template: str, /, **values: object) -> str:
    """
    Return a sentence whose *template* is `phrase("…")` somewhere else, with what it needs of
    *values*.
    """
    return Phrase(str.__str__(template), _kept(values))


def joined(separator: str, texts: Iterable[str | dt.date]) -> str:
    """
    Return *texts*, of which each may be a phrase or a day, with a *separator* that is the same in
    each language.
    """
    values = {f"text{number}": text for number, text in enumerate(texts)}
    fixed = separator.replace("{", "{{").replace("}", "}}")
    return Phrase(fixed.join(f"{{{name}}}" for name in values), values)


def one_line(text: str) -> str:
    """
    Return *text* in one line, with single spaces. One that is so already stays a phrase.
    """
    line = " ".join(text.split())
    return text if line == text else line


def pack_text(text: str) -> Any:
    """
    Return *text* as values of JSON that `unpack_text` makes the same phrase of.
    """
    if not isinstance(text, Phrase):
        return text
    values = {name: _packed_value(value) for name, value in text.values.items()}
    return [text.template, values, text.other, text.number]


def unpack_text(packed: Any) -> str:
    """
    Return the text or phrase that `pack_text` was given.

    Raises:
        ValueError: it was not packed by `pack_text`, and what it would do is not known.
    """
    if isinstance(packed, str):
        return packed
    template, values, other, number = packed
    if values and not (_TEMPLATE.fullmatch(template) and _TEMPLATE.fullmatch(other)):
        raise ValueError("a template has other placeholders than those of phrases")
    unpacked = {name: _unpacked_value(value) for name, value in values.items()}
    return Phrase(template, unpacked, other, number)


def _packed_value(value: object) -> object:
    if isinstance(value, Phrase):
        return pack_text(value)
    return pack_value(value)


def _unpacked_value(value: object) -> object:
    return unpack_text(value) if isinstance(value, list) else unpack_value(value)


def _kept(values: Mapping[str, object]) -> dict[str, object]:
    return {
        name: value if isinstance(value, _KEPT) else str(value) for name, value in values.items()
    }
