"""
Which operators suit which kind of value.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

from subscribers.fields.model import Field, FieldType
from subscribers.segments.model import Attribute, Operator

SUPPRESSED = "suppressed"
STATES = ("active", "pending", "ended", SUPPRESSED)
# What is true of everybody of whom the other operator is not.
OPPOSITE = {
    Operator.UNEQUAL: Operator.EQUAL,
    Operator.NOT_IN: Operator.IN,
    Operator.IS_NOT_SET: Operator.IS_SET,
}
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


def operators_of(subject: Attribute | Field) -> Sequence[Operator]:
    """
    Return the operators that *subject* takes. A tag is compared as a whole, and `contains` would
    promise a part of it.
    """
    suited = OPERATORS[kind_of(subject)]
    if subject is Attribute.TAG:
        return [each for each in suited if each is not Operator.CONTAINS]
    return suited
