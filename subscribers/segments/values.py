"""
Read a value of a rule in the form in which people's values are stored or compared.

What no person can have is refused, because with `not` it would silently select everybody.
"""

from __future__ import annotations

import datetime as dt
import re

from subscribers.errors import InvalidAddress, InvalidText, UnknownTimezone
from subscribers.fields.model import Field, FieldType
from subscribers.fields.parse import parse_value
from subscribers.segments.model import Attribute, Operator
from subscribers.segments.operators import STATES, SUPPRESSED, ValueKind, kind_of, name_of
from subscribers.tags.names import parse_tag
from subscribers.text.phrases import phrase
from subscribers.validation.address import parse_address
from subscribers.validation.text_fields import one_line, parse_language
from subscribers.validation.timezones import parse_timezone

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WHOLE = (Operator.EQUAL, Operator.UNEQUAL, Operator.IN, Operator.NOT_IN)

_STATES_MEANT = {
    "subscribed": "active",
    "confirmed": "active",
    "unconfirmed": "pending",
    "unsubscribed": "ended",
    "blocked": SUPPRESSED,
    "bounced": SUPPRESSED,
}
# Day, month and year as in 31.12.2026, or year, month and day without zeros.
_LOCAL_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_SHORT_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)


def read_value(subject: Attribute | Field, operator: Operator, text: str) -> str:
    """
    Return a value in the form in which it is stored or compared.

    Raises:
        InvalidText: it is not a value of the subject; the line says what is.
    """
    plain = one_line(text, phrase("value of {name}", name=name_of(subject)))
    if not plain:
        raise InvalidText(phrase("a value is empty: write `is not set` for people without one"))
    if kind_of(subject) is ValueKind.DATE:
        return _day(plain)
    if isinstance(subject, Field):
        return _field_value(subject, plain)
    return _attribute_value(subject, operator, plain)


def _attribute_value(attribute: Attribute, operator: Operator, text: str) -> str:
    match attribute:
        case Attribute.TAG:
            return parse_tag(text)
        case Attribute.LANGUAGE:
            return parse_language(text)
        case Attribute.EMAIL:
            return _address(text) if operator in _WHOLE else _part_of_address(text)
        case Attribute.TIMEZONE if operator in _WHOLE:
            return _zone(text)
        case Attribute.STATE if text.lower() not in STATES:
            meant = _STATES_MEANT.get(text.lower())
            advice = (
                phrase("write {meant}", meant=meant)
                if meant
                else phrase("write one of {states}", states=", ".join(STATES))
            )
            raise InvalidText(phrase("{text!r} is not a state: {advice}", text=text, advice=advice))
        case Attribute.STATE:
            return text.lower()
    return text


def _address(text: str) -> str:
    try:
        if "*" not in text:
            return parse_address(text).key
    except InvalidAddress:
        pass
    raise InvalidText(
        phrase(
            "{text!r} is not a whole address: write ends with, starts with or "
            "contains for a part of one",
            text=text,
        )
    )


def _part_of_address(text: str) -> str:
    """
    Return the part with its domain as it is stored, if it has another alphabet.
    """
    if text.isascii():
        return text.lower()
    before, at, domain = text.rpartition("@")
    try:
        if not at or not before.isascii():
            raise InvalidAddress(phrase("{text!r} is in no address", text=text))
        return before.lower() + parse_address(f"x@{domain}").key[1:]
    except InvalidAddress as error:
        raise InvalidText(
            phrase(
                "{text!r} has letters that no address has: write the whole domain, as in "
                "ends with @example.org",
                text=text,
            )
        ) from error


def _zone(text: str) -> str:
    try:
        return parse_timezone(text)
    except UnknownTimezone as error:
        raise InvalidText(str(error)) from error


def _field_value(field: Field, text: str) -> str:
    if field.type is FieldType.TEXT:
        return text
    if field.type is FieldType.CHOICES:
        # One of its options; parse_value() returns the list that a person would have.
        return parse_value(_single(field), text)
    return parse_value(field, text)


def _single(field: Field) -> Field:
    """
    Return *field* as one that has one option as its value.
    """
    return Field(
        id=field.id,
        name=field.name,
        type=FieldType.CHOICE,
        labels=field.labels,
        options=field.options,
    )


def _day(text: str) -> str:
    try:
        return dt.date.fromisoformat(text if _DAY.fullmatch(text) else "").isoformat()
    except ValueError:
        meant = _day_meant(text)
    advice = meant or phrase("year, month and day, such as 2026-12-24")
    raise InvalidText(phrase("{text!r} is not a date: write {advice}", text=text, advice=advice))


def _day_meant(text: str) -> str:
    """
    Return the day that is written in another way, if there is only one that it can be.
    """
    if found := _LOCAL_DAY.fullmatch(text):
        day, month, year = map(int, found.groups())
    elif found := _SHORT_DAY.fullmatch(text):
        year, month, day = map(int, found.groups())
    else:
        return ""
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:
        return ""
