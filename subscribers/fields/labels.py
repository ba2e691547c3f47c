"""
Check the labels and options of a field as staff wrote them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from subscribers.errors import InvalidText
from subscribers.fields.model import FieldOption, FieldType
from subscribers.text.phrases import phrase
from subscribers.validation.text_fields import one_line, parse_language

MAX_OPTIONS = 100
MAX_LABEL = 200
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}", re.ASCII)
_HAS_OPTIONS = frozenset({FieldType.CHOICE, FieldType.CHOICES})


def checked_labels(labels: Mapping[str, str], name: str) -> dict[str, str]:
    """
    Return the labels of *name* by language.

    Raises:
        InvalidText: a language is not known, or a label is empty, too long or of several lines.
    """
    return {parse_language(language): _label(text, name) for language, text in labels.items()}


def _label(text: str, name: str) -> str:
    label = one_line(text, phrase("label of {name}", name=name), may_be_empty=False)
    if len(label) > MAX_LABEL:
        raise InvalidText(
            phrase(
                "the label of {name} has {number} characters: write at most {limit}",
                name=name,
                number=len(label),
                limit=MAX_LABEL,
            )
        )
    return label


def checked_options(field_type: FieldType, options: Sequence[FieldOption]) -> list[dict[str, Any]]:
    """
    Return the options of a field as they are stored.

    Raises:
        InvalidText: a choice has none, another field has some, or a key or label is not valid.
    """
    if field_type not in _HAS_OPTIONS:
        if options:
            raise InvalidText(
                phrase(
                    "a field of type {field_type} has no options: leave them out",
                    field_type=field_type,
                ),
                field="options",
            )
        return []
    if not options:
        raise InvalidText(
            phrase(
                "a field of type {field_type} needs options: name at least one",
                field_type=field_type,
            ),
            field="options",
        )
    keys = [option.key for option in options]
    if len(keys) > MAX_OPTIONS or len(set(keys)) < len(keys):
        raise InvalidText(
            phrase("give each option once, and at most {limit} of them", limit=MAX_OPTIONS),
            field="options",
        )
    for key in keys:
        if not _KEY.fullmatch(key):
            raise InvalidText(
                phrase(
                    "{key!r} is not the key of an option: use up to 60 lower-case letters, "
                    "digits, - and _, and give it a label for readers",
                    key=key,
                ),
                field="options",
            )
    return [
        {"key": option.key, "labels": checked_labels(option.labels, option.key)}
        for option in options
    ]
