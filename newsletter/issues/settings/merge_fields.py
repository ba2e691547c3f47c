"""
The declared fields as merge fields of a mail in some language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import sqlalchemy as sa

from newsletter.mail.merge.fields import declared_fields_of
from newsletter.mail.templating.translations import PAGE_WORDS, locale_of, read_translations
from newsletter.model.field_display import FieldDisplay
from newsletter.model.mail import Mail
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


def staff_fields_in(connection: sa.Connection, mail: Mail) -> tuple[str, ...]:
    """
    Return the names of the declared fields in *mail* that are for staff only.
    """
    shown = {field.name for field in declared_fields_of(mail)}
    if not shown:
        return ()
    fields = all_fields(connection)
    return tuple(each.name for each in fields if each.name in shown and not each.is_public)


def _labels(field: Field, folders: Sequence[Path], language: str) -> Mapping[str, str]:
    if field.type is FieldType.BOOLEAN:
        words = read_translations(folders, language, PAGE_WORDS)
        return {answer: words.fill(answer) for answer in ("yes", "no")}
    return {option.key: option.label(language) for option in field.options}
