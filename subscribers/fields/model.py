"""
The types of declared fields.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


class FieldType(enum.StrEnum):
    """
    What the values of a field are. BOOLEAN is a yes or no, CHOICE one of its options, CHOICES any
    number of them.
    """

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    CHOICES = "choices"


@dataclass(frozen=True, kw_only=True)
class FieldOption:
    """
    A value to choose from: `key` is stored, `labels` are shown, by language.
    """

    key: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def label(self, *languages: str) -> str:
        """
        Return the label in the first of *languages* that has one.
        """
        return label_in(self.labels, languages) or self.key


@dataclass(frozen=True, kw_only=True)
class Field:
    """
    Something that is known about people. Readers see and change the public fields; the values of
    personal ones are personal data.
    """

    id: int
    name: str
    type: FieldType
    labels: Mapping[str, str] = field(default_factory=dict)
    options: tuple[FieldOption, ...] = ()
    is_public: bool = False
    is_personal: bool = False
    position: int = 0

    def label(self, *languages: str) -> str:
        """
        Return the label in the first of *languages* that has one.
        """
        return label_in(self.labels, languages) or self.name


@dataclass(frozen=True, kw_only=True)
class AskedField:
    """
    A field that the sign-up form of a list asks for.
    """

    field: Field
    is_required: bool = False


def label_in(labels: Mapping[str, str], languages: Sequence[str]) -> str:
    """
    Return the label in the first of *languages* that has one ("pt-BR" may be answered by "pt"),
    else the first label.
    """
    for language in languages:
        for tag in (language, language.partition("-")[0]):
            if tag in labels:
                return labels[tag]
    return next(iter(labels.values()), "")
