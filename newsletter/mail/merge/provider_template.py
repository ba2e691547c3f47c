"""
A mail written once in a provider's own template language, for providers that take the content of a
whole batch once and fill in each reader's values themselves. `merge` compiles the mail.

The provider only puts values in: they go to it escaped for their place, and whatever of our own
text its language would read goes to it as such a value too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from newsletter.mail.merge.fields import CompiledMail
from newsletter.mail.merge.segments import escaped_in_tag, escaped_in_text
from newsletter.model.mail import Recipient

SUBJECT = "s"


@dataclass(frozen=True)
class Language:
    """
    How a provider writes a place to be filled: `place` gives it for a name of letters and digits.
    `special` finds what would be read as more than text; it is asked of each piece of our text, so
    `\\A` and `\\Z` stand beside a place.
    """

    place: Callable[[str], str]
    special: re.Pattern[str]


class RecipientValues(NamedTuple):
    """
    What is one reader's: the value of every place, by name, and the extra headers.
    """

    values: Mapping[str, str]
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class TemplatedMail:
    """
    Subject, HTML and text in the provider's language. `constant` has the values that are the same
    for everybody; `places` says by name which field goes there, and escaped in which way.
    """

    compiled: CompiledMail
    subject: str
    html: str
    text: str
    constant: Mapping[str, str]
    places: Mapping[str, tuple[int, Callable[[str], str]]]

    def own(self, recipient: Recipient) -> RecipientValues:
        """
        What *recipient* gets in each place; every place has a value.

        Raises:
            MergeError: a field without a fallback has no value, or a value is not usable.
        """
        told = self.compiled.values_of(recipient)
        subject, headers = self.compiled.heads(told)
        values = {name: escape(told[number]) for name, (number, escape) in self.places.items()}
        if self.compiled.subject.slots:
            values[SUBJECT] = subject
        return RecipientValues({**self.constant, **values}, headers)


def to_provider_template(compiled: CompiledMail, language: Language) -> TemplatedMail:
    """
    The mail in *language*.
    """
    writing = _Writing(language)
    # A subject is cleaned as a whole when it is filled, so it is one value.
    subject = language.place(SUBJECT) if compiled.subject.slots else writing.own(compiled.fixed)
    return TemplatedMail(
        compiled=compiled,
        subject=subject,
        html=writing.written(
            compiled.html.pieces,
            writing.named("h", compiled.html.in_text, escaped_in_text)
            | writing.named("a", compiled.html.in_tags, escaped_in_tag),
        ),
        text=writing.written(compiled.text.pieces, writing.named("t", compiled.text.slots, str)),
        constant={name: own for own, name in writing.constant.items()},
        places=writing.places,
    )


class _Writing:
    def __init__(self, language: Language) -> None:
        self._language = language
        self.constant: dict[str, str] = {}
        self.places: dict[str, tuple[int, Callable[[str], str]]] = {}

    def named(
        self, kind: str, slots: tuple[tuple[int, int], ...], escape: Callable[[str], str]
    ) -> dict[int, str]:
        """
        The name of the value at each of *slots*, by its place among the pieces.
        """
        self.places |= {f"{kind}{number}": (number, escape) for _, number in slots}
        return {place: f"{kind}{number}" for place, number in slots}

    def written(self, pieces: tuple[str, ...], names: Mapping[int, str]) -> str:
        return "".join(
            self._language.place(names[place]) if place in names else self.own(piece)
            for place, piece in enumerate(pieces)
        )

    def own(self, text: str) -> str:
        """
        Our own *text*, what is special in it by way of a place.
        """
        return self._language.special.sub(
            lambda match: self._language.place(
                self.constant.setdefault(match[0], f"o{len(self.constant)}")
            ),
            text,
        )
