"""
Show the values of declared fields as a mail has them: dates and numbers in its language, options by
their labels there.
"""

from __future__ import annotations

import datetime as dt
import decimal
import functools
import json
from collections.abc import Mapping

from newsletter.model.field_display import FieldDisplay
from newsletter.model.mail import MergeField
from subscribers.fields.model import FieldType

PLAIN = "plain"
# The skeletons of CLDR for what babel has no name for.
_SKELETONS = {"day": "MMMMd", "month": "yMMMM", "year": "y"}
# What may be written after the first bar, by type. The first is how values are shown without it.
FORMATS: Mapping[FieldType, tuple[str, ...]] = {
    FieldType.TEXT: (),
    FieldType.NUMBER: ("number", PLAIN),
    FieldType.DATE: ("date", "short", *_SKELETONS, PLAIN),
    FieldType.BOOLEAN: ("label", PLAIN),
    FieldType.CHOICE: ("label", PLAIN),
    FieldType.CHOICES: ("label", PLAIN),
}


def parse_field(
    name: str, after_bar: str | None, display: FieldDisplay | None, place: str = ""
) -> MergeField:
    """
    Return the merge field that staff typed as `%%name%%` or `%%name|after_bar%%`. What is after the
    bar is a format if the type of the field has one of that name, with a fallback after another
    bar; otherwise all of it is the fallback.
    """
    if display is None or after_bar is None:
        return MergeField(name, after_bar, place, display=display)
    head, bar, rest = after_bar.partition("|")
    if head not in FORMATS[display.type]:
        return MergeField(name, after_bar, place, display=display)
    return MergeField(name, rest if bar else None, place, format=head, display=display)


def show_value(field: MergeField, stored: str) -> str:
    """
    Return a value, which is *stored* in the form of its type, as the mail shows it.
    """
    display = field.display
    if display is None or not stored or display.type is FieldType.TEXT:
        return stored
    if display.type is FieldType.CHOICES:
        return _choices(display, stored, is_plain=field.format == PLAIN)
    if field.format == PLAIN:
        return stored
    if display.type is FieldType.DATE:
        return _date(stored, field.format, display.language)
    if display.type is FieldType.NUMBER:
        return _number(stored, display.language)
    return display.labels.get(stored, stored)


def _choices(display: FieldDisplay, stored: str, *, is_plain: bool) -> str:
    keys = json.loads(stored)
    if is_plain:
        return ",".join(keys)
    return _joined(tuple(display.labels.get(key, key) for key in keys), display.language)


# Cached, because many readers have the same values.
@functools.lru_cache(maxsize=1_000)
def _date(stored: str, form: str, language: str) -> str:
    from babel import Locale
    from babel.dates import format_date, format_skeleton

    day, locale = dt.date.fromisoformat(stored), Locale.parse(language)
    if form in _SKELETONS:
        return format_skeleton(_SKELETONS[form], day, locale=locale)
    return format_date(day, format="short" if form == "short" else "long", locale=locale)


@functools.lru_cache(maxsize=1_000)
def _number(stored: str, language: str) -> str:
    from babel import Locale
    from babel.numbers import format_decimal

    number = decimal.Decimal(stored)
    return format_decimal(number, locale=Locale.parse(language), decimal_quantization=False)


@functools.lru_cache(maxsize=1_000)
def _joined(labels: tuple[str, ...], language: str) -> str:
    from babel import Locale
    from babel.lists import format_list

    return format_list(labels, locale=Locale.parse(language))
