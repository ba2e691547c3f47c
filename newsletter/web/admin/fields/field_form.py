"""
The form of a declared field: its labels and options in the languages of the site.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.web.admin.path_numbers import number_or_none
from newsletter.web.typed_form import TypedForm
from subscribers.fields.labels import MAX_OPTIONS
from subscribers.fields.model import Field, FieldOption, FieldType
from subscribers.text.normal_form import normal_form

CHOICES = (FieldType.CHOICE, FieldType.CHOICES)
# So many empty rows follow the options that there are.
_MORE_OPTIONS = 4


@dataclass(frozen=True, kw_only=True)
class OptionRow:
    """
    An option as it was typed, with its labels by language.
    """

    key: str = ""
    labels: Mapping[str, str]

    @property
    def is_empty(self) -> bool:
        return not self.key and not any(self.labels.values())


@dataclass(frozen=True, kw_only=True)
class TypedField:
    """
    A field as it was typed. `labels` has each language of the form, empty if nothing stands there.
    """

    name: str = ""
    type: str = FieldType.TEXT.value
    labels: Mapping[str, str]
    rows: Sequence[OptionRow] = ()
    is_public: bool = False
    is_personal: bool = False
    position: int | None = None

    @property
    def options(self) -> tuple[FieldOption, ...]:
        """
        Return the options that were typed. One without a key gets it from its first label.
        """
        if self.type not in CHOICES:
            return ()
        return tuple(
            FieldOption(
                key=row.key or name_from(_first(row.labels), "-"),
                labels={language: text for language, text in row.labels.items() if text},
            )
            for row in self.rows
            if not row.is_empty
        )

    @property
    def own_name(self) -> str:
        """
        Return the name, or the one that its first label makes.
        """
        return self.name or name_from(_first(self.labels), "_")

    @property
    def shown_rows(self) -> Sequence[OptionRow]:
        """
        Return the rows of the form: those with an option, and some that are empty.
        """
        filled = [row for row in self.rows if not row.is_empty]
        empty = OptionRow(labels=dict.fromkeys(self.labels, ""))
        return [*filled, *[empty] * _MORE_OPTIONS][: max(MAX_OPTIONS, len(filled))]


def languages_of_form(site_language: str, field: Field | None = None) -> Sequence[str]:
    """
    Return the languages that the form has labels in: that of the site, and those of the field.
    """
    labelled = [] if field is None else [field.labels, *(each.labels for each in field.options)]
    return list(dict.fromkeys([site_language, *(tag for labels in labelled for tag in labels)]))


def as_typed(field: Field, languages: Sequence[str]) -> TypedField:
    """
    Return a field as it stands in its form.
    """
    return TypedField(
        name=field.name,
        type=field.type.value,
        labels={tag: field.labels.get(tag, "") for tag in languages},
        rows=[
            OptionRow(key=each.key, labels={tag: each.labels.get(tag, "") for tag in languages})
            for each in field.options
        ],
        is_public=field.is_public,
        is_personal=field.is_personal,
        position=field.position,
    )


def read_field(typed: TypedForm, languages: Sequence[str]) -> TypedField:
    """
    Return what was typed. A language that was added has a label and no options yet.
    """
    labels = {tag: typed.one(f"label-{tag}").strip() for tag in languages}
    added = typed.one("language").strip()
    if added and typed.one("label-added").strip():
        labels[added] = typed.one("label-added").strip()
    rows = [
        OptionRow(
            key=typed.one(f"option-{n}").strip(),
            labels={tag: typed.one(f"option-{n}-{tag}").strip() for tag in languages},
        )
        for n in range(MAX_OPTIONS + 1)
    ]
    return TypedField(
        name=typed.one("name").strip().lower(),
        type=typed.one("type"),
        labels=labels,
        rows=[row for row in rows if not row.is_empty],
        is_public=typed.one("is_public") == "yes",
        is_personal=typed.one("is_personal") == "yes",
        position=number_or_none(typed.one("position")),
    )


def name_from(label: str, hyphen: str) -> str:
    """
    Return a name of ASCII letters and digits for a label; empty if it has none.
    """
    plain = normal_form("NFKD", label.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", hyphen, plain).strip(hyphen)[:40]


def _first(labels: Mapping[str, str]) -> str:
    return next(filter(None, labels.values()), "")
