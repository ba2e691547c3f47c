"""
Write a mail once in a provider's template language, for providers that accept the content of a
batch once and fill in each recipient's values themselves.

The provider only inserts values, which we escape for their place. Text of our own that the language
would interpret is sent as a value too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from newsletter.mail.merge.fields import CompiledMail
from newsletter.mail.merge.fragments import escape_in_tag, escape_in_text
from newsletter.model.mail import Recipient

SUBJECT = "s"


@dataclass(frozen=True)
class Language:
    """
    The template language of a provider: `place` returns the placeholder for a name of letters and
    digits. `special` finds text that would be interpreted; it is applied to each piece of our text,
    so `\\A` and `\\Z` are next to a placeholder.
    """

    place: Callable[[str], str]
    special: re.Pattern[str]


class RecipientValues(NamedTuple):
    """
    One recipient's values by the names of their places, and the extra headers.
    """

    values: Mapping[str, str]
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class TemplatedMail:
    """
    Subject, HTML and text in the provider's language.

    `constant` has the values that are the same for everybody; `places` has, by name, the number of
    each field and the function that escapes its value.
    """

    compiled: CompiledMail
    subject: str
    html: str
    text: str
    constant: Mapping[str, str]
    places: Mapping[str, tuple[int, Callable[[str], str]]]

    def values_for(self, recipient: Recipient) -> RecipientValues:
        """
        Return the values of *recipient* for all places.

        Raises:
            MergeError: a field without a fallback has no value, or a value is not usable.
        """
        field_values = self.compiled.values_of(recipient)
        subject, headers = self.compiled.subject_and_headers(field_values)
        values = {
            name: escape(field_values[number]) for name, (number, escape) in self.places.items()
        }
        if self.compiled.subject.slots:
            values[SUBJECT] = subject
        return RecipientValues({**self.constant, **values}, headers)


def to_provider_template(compiled: CompiledMail, language: Language) -> TemplatedMail:
    """
    Write the mail in *language*.
    """
    writer = _TemplateWriter(language)
    # A subject is cleaned as a whole after it is filled, so it is one value.
    subject = (
        language.place(SUBJECT) if compiled.subject.slots else writer.escape(compiled.fixed_subject)
    )
    return TemplatedMail(
        compiled=compiled,
        subject=subject,
        html=writer.write(
            compiled.html.texts,
            writer.name_slots("h", compiled.html.in_text, escape_in_text)
            | writer.name_slots("a", compiled.html.in_tags, escape_in_tag),
        ),
        text=writer.write(compiled.text.texts, writer.name_slots("t", compiled.text.slots, str)),
        constant={name: text for text, name in writer.constant.items()},
        places=writer.places,
    )


class _TemplateWriter:
    def __init__(self, language: Language) -> None:
        self._language = language
        self.constant: dict[str, str] = {}
        self.places: dict[str, tuple[int, Callable[[str], str]]] = {}

    def name_slots(
        self, kind: str, slots: tuple[tuple[int, int], ...], escape: Callable[[str], str]
    ) -> dict[int, str]:
        """
        Name the value of each of *slots*, and return the names by their places in the texts.
        """
        self.places |= {f"{kind}{number}": (number, escape) for _, number in slots}
        return {place: f"{kind}{number}" for place, number in slots}

    def write(self, texts: tuple[str, ...], names: Mapping[int, str]) -> str:
        return "".join(
            self._language.place(names[place]) if place in names else self.escape(text)
            for place, text in enumerate(texts)
        )

    def escape(self, text: str) -> str:
        """
        Replace special text in our own *text* with places for constant values.
        """
        return self._language.special.sub(
            lambda match: self._language.place(
                self.constant.setdefault(match[0], f"o{len(self.constant)}")
            ),
            text,
        )
