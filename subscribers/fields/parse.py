"""
Convert what people type to the values of declared fields.

Values are stored as text in one form for each type: numbers as `1.5`, dates as `2026-12-24`, yes or
no as `yes` and `no`, options by their keys, and several of them as a JSON list.
"""

from __future__ import annotations

import datetime as dt
import decimal
import json
import re
from collections.abc import Sequence

from subscribers.errors import InvalidText
from subscribers.fields.model import Field, FieldType
from subscribers.text.phrases import phrase
from subscribers.validation.text_fields import one_line

MAX_VALUE = 1_000
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,10})?", re.ASCII)
# The separator may be one of thousands: 1,500 and 1.500.
_AMBIGUOUS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3}|\.\d\d0)", re.ASCII)
_FOUR_DIGITS = re.compile(r"(?<!\d)\d{4}(?!\d)", re.ASCII)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_YES = {"yes", "y", "true", "on", "1", "x", "ja", "oui", "sí", "si", "sì", "sim", "tak", "да"}
_NO = {"no", "n", "false", "off", "0", "nein", "nei", "nej", "nee", "non", "não", "nie", "нет"}


def parse_value(field: Field, typed: str | Sequence[str], language: str | None = None) -> str:
    """
    Return the form in which what somebody *typed* is stored; empty if nothing was typed.

    In *language* dates may be written as is usual there, with the year in four digits; without one
    they are ISO 8601. Several options may come as a list, as JSON or separated by commas.

    Raises:
        InvalidText: it is not a value of the field; the sentence says what is.
    """
    if field.type is FieldType.CHOICES:
        return _parse_choices(field, typed)
    text = typed if isinstance(typed, str) else "".join(typed[-1:])
    text = one_line(text, field.name)
    if len(text) > MAX_VALUE:
        raise InvalidText(
            phrase(
                "{field} has {number} characters: write at most {limit}",
                field=field.name,
                number=len(text),
                limit=MAX_VALUE,
            )
        )
    if not text:
        return ""
    match field.type:
        case FieldType.NUMBER:
            return _parse_number(field, text)
        case FieldType.DATE:
            return _parse_date(field, text, language)
        case FieldType.BOOLEAN:
            return _parse_yes_or_no(field, text)
        case FieldType.CHOICE:
            return _find_option(field, text)
    return text


def _parse_number(field: Field, text: str) -> str:
    plain = text.replace(" ", "").replace("\u00a0", "").replace("\u202f", "")
    if not _NUMBER.fullmatch(plain):
        raise InvalidText(
            phrase(
                "{field}: {text} is not a number: write one such as 1.5",
                field=field.name,
                text=_short(text),
            )
        )
    if _AMBIGUOUS.fullmatch(plain):
        raise InvalidText(
            phrase(
                "{field}: {text} may be a thousand times as much: write the number "
                "without separators of thousands, and without zeros at its end",
                field=field.name,
                text=_short(text),
            )
        )
    number = decimal.Decimal(plain.replace(",", "."))
    shown = f"{number:f}"
    shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    return "0" if number == 0 else shown


def _parse_date(field: Field, text: str, language: str | None) -> str:
    day = _iso_date(text) or (_local_date(text, language) if language else None)
    if day is None:
        raise InvalidText(
            phrase(
                "{field}: {text} is not a date: write year, month and day, such as 2026-12-24",
                field=field.name,
                text=_short(text),
            )
        )
    return day.isoformat()


def _iso_date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if _ISO_DATE.fullmatch(text) else None
    except ValueError:
        return None


def _local_date(text: str, language: str) -> dt.date | None:
    """
    Parse a date in numbers as it is written in *language*, between the same marks, with a year of
    four digits.
    """
    from babel import Locale, UnknownLocaleError
    from babel.dates import parse_date

    if not _FOUR_DIGITS.search(text):
        return None
    try:
        locale = Locale.parse(language, sep="-")
        usual = set(str(locale.date_formats["short"].pattern))
        if not {mark for mark in text if not mark.isalnum()} <= usual | {" "}:
            return None
        return parse_date(text, locale=locale, format="short")
    except (UnknownLocaleError, ValueError, LookupError):
        return None


def _parse_yes_or_no(field: Field, text: str) -> str:
    word = text.casefold()
    if word in _YES:
        return "yes"
    if word in _NO:
        return "no"
    raise InvalidText(
        phrase(
            "{field}: {text} is neither yes nor no: write one of them",
            field=field.name,
            text=_short(text),
        )
    )


def _parse_choices(field: Field, typed: str | Sequence[str]) -> str:
    chosen = {_find_option(field, each) for each in _split(typed) if each.strip()}
    keys = [option.key for option in field.options if option.key in chosen]
    return json.dumps(keys, ensure_ascii=False) if keys else ""


def _split(typed: str | Sequence[str]) -> Sequence[str]:
    if not isinstance(typed, str):
        return typed
    if typed.lstrip().startswith("["):
        try:
            found = json.loads(typed)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, list) and all(isinstance(each, str) for each in found):
            return found
    return typed.split(",")


def _find_option(field: Field, text: str) -> str:
    """
    Return the key of the option that has *text* as its key or as one of its labels.
    """
    wanted = text.strip().casefold()
    for option in field.options:
        words = (option.key, *option.labels.values())
        if wanted in (word.casefold() for word in words):
            return option.key
    known = ", ".join(option.key for option in field.options)
    raise InvalidText(
        phrase(
            "{field}: {text} is not an option: write {known}",
            field=field.name,
            text=_short(text.strip()),
            known=known,
        )
    )


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
