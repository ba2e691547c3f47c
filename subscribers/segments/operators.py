"""
Which operators suit which kind of value, and how a value in a rule is read.
"""

from __future__ import annotations

import datetime as dt
import enum
import re

from subscribers.errors import InvalidText
from subscribers.fields.model import Field, FieldType
from subscribers.fields.parse import parse_value
from subscribers.segments.model import Attribute, Operator
from subscribers.validation.text_fields import one_line

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
SUPPRESSED = "suppressed"
STATES = ("active", "pending", "ended", SUPPRESSED)
_YES_OR_NO_SET = (Operator.IS_SET, Operator.IS_NOT_SET)
_ANY_OF = (Operator.EQUAL, Operator.UNEQUAL, Operator.IN, Operator.NOT_IN)
_ORDER = (Operator.LESS, Operator.AT_MOST, Operator.GREATER, Operator.AT_LEAST)


class ValueKind(enum.Enum):
    """
    What is compared. A WORD is one of few, such as a state; of a SET a person has several.
    """

    TEXT = "a text"
    WORD = "a word"
    NUMBER = "a number"
    DATE = "a date"
    SET = "a set"


OPERATORS: dict[ValueKind, tuple[Operator, ...]] = {
    ValueKind.TEXT: (
        *_ANY_OF,
        Operator.CONTAINS,
        Operator.STARTS_WITH,
        Operator.ENDS_WITH,
        *_YES_OR_NO_SET,
    ),
    ValueKind.WORD: (*_ANY_OF, *_YES_OR_NO_SET),
    ValueKind.NUMBER: (*_ANY_OF, *_ORDER, *_YES_OR_NO_SET),
    ValueKind.DATE: (*_ANY_OF, *_ORDER, Operator.WITHIN, Operator.DAYS_AGO, *_YES_OR_NO_SET),
    ValueKind.SET: (
        Operator.HAS,
        Operator.CONTAINS,
        Operator.IN,
        Operator.NOT_IN,
        *_YES_OR_NO_SET,
    ),
}
_OF_ATTRIBUTE = {
    Attribute.EMAIL: ValueKind.TEXT,
    Attribute.NAME: ValueKind.TEXT,
    Attribute.LANGUAGE: ValueKind.WORD,
    Attribute.TIMEZONE: ValueKind.TEXT,
    Attribute.TAG: ValueKind.SET,
    Attribute.STATE: ValueKind.WORD,
    Attribute.CONSENT: ValueKind.TEXT,
    Attribute.JOINED: ValueKind.DATE,
    Attribute.LAST_ACTIVE: ValueKind.DATE,
}
_OF_FIELD = {
    FieldType.TEXT: ValueKind.TEXT,
    FieldType.NUMBER: ValueKind.NUMBER,
    FieldType.DATE: ValueKind.DATE,
    FieldType.BOOLEAN: ValueKind.WORD,
    FieldType.CHOICE: ValueKind.WORD,
    FieldType.CHOICES: ValueKind.SET,
}


def kind_of(subject: Attribute | Field) -> ValueKind:
    """
    Return what kind of value a person has for *subject*.
    """
    return _OF_FIELD[subject.type] if isinstance(subject, Field) else _OF_ATTRIBUTE[subject]


def name_of(subject: Attribute | Field) -> str:
    """
    Return how a rule names *subject*.
    """
    return subject.name if isinstance(subject, Field) else subject.value


def read_value(subject: Attribute | Field, text: str) -> str:
    """
    Return a value of a rule in the form in which it is stored or compared.

    Raises:
        InvalidText: it is not a value of the subject; the line says what is.
    """
    name, kind = name_of(subject), kind_of(subject)
    plain = one_line(text, f"value of {name}")
    if not plain:
        raise InvalidText("a value is empty: write `is not set` for people without one")
    if kind is ValueKind.DATE:
        return _day(plain)
    if isinstance(subject, Field):
        return _field_value(subject, plain)
    if subject is Attribute.STATE and plain.lower() not in STATES:
        raise InvalidText(f"{plain!r} is not a state: write one of {', '.join(STATES)}")
    return plain.lower() if subject in (Attribute.STATE, Attribute.TAG) else plain


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
        raise InvalidText(
            f"{text!r} is not a date: write year, month and day, such as 2026-12-24"
        ) from None
