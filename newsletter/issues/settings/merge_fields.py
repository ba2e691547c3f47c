"""
The declared fields as merge fields of a mail in some language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import sqlalchemy as sa

from newsletter.mail.templating.translations import PAGE_WORDS, locale_of, read_translations
from newsletter.model.field_display import FieldDisplay
from subscribers.fields.declare import all_fields
from subscribers.fields.model import Field, FieldType


def declared_merge_fields(
    connection: sa.Connection, folders: Sequence[Path], language: str
) -> dict[str, FieldDisplay]:
    """
    Return how a mail in *language* shows each declared field, by name. *folders* are the user's own
    template folders.

    Raises:
        TemplateError: the user's own table of words cannot be read.
    """
    locale = str(locale_of(language))
    return {
        field.name: FieldDisplay(field.type, locale, _labels(field, folders, language))
        for field in all_fields(connection)
    }


def _labels(field: Field, folders: Sequence[Path], language: str) -> Mapping[str, str]:
    if field.type is FieldType.BOOLEAN:
        words = read_translations(folders, language, PAGE_WORDS)
        return {answer: words.fill(answer) for answer in ("yes", "no")}
    return {option.key: option.label(language) for option in field.options}
