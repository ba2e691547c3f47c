"""
Compare stored values in SQL so that both databases, and Python, find the same.

Texts are compared byte by byte after the letters A to Z were put in lower case. Numbers are stored
as text without superfluous zeros, and compared by the length of what stands before the point, then
by their digits: a floating-point number would not hold all of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from subscribers.segments.model import Operator

Condition = sa.ColumnElement[bool]
Text = sa.ColumnElement[Any]


class Bytewise(sa.sql.functions.GenericFunction[Any]):
    """
    A text that is compared byte by byte, as SQLite does it.
    """

    type = sa.Text()
    name = "bytewise"
    inherit_cache = True


@compiles(Bytewise)
def _plain(element: Any, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(Bytewise, "postgresql")
def _collated(element: Any, compiler: Any, **options: Any) -> str:
    return f'({compiler.process(element.clauses, **options)} COLLATE "C")'


def folded(text: Text) -> Text:
    """
    Return *text* with A to Z in lower case.
    """
    return sa.func.lower(Bytewise(text))


def ascii_lower(text: str) -> str:
    """
    Return *text* with the letters A to Z in lower case and all others as they are, because that is
    the only folding in which both databases agree.
    """
    return "".join(letter.lower() if "A" <= letter <= "Z" else letter for letter in text)


def compare_folded(text: Text, operator: Operator, values: Sequence[str]) -> Condition:
    """
    Compare a text with *values*, both with A to Z in lower case. Every text is set.
    """
    return compare_text(folded(text), operator, [ascii_lower(value) for value in values])


def compare_text(text: Text, operator: Operator, values: Sequence[str]) -> Condition:
    """
    Compare a text with *values* as they are. Every text is set.
    """
    match operator:
        case Operator.IS_SET:
            return sa.true()
        case Operator.EQUAL:
            return text == values[0]
        case Operator.CONTAINS:
            return text.contains(values[0], autoescape=True)
        case Operator.STARTS_WITH:
            return text.startswith(values[0], autoescape=True)
        case Operator.ENDS_WITH:
            return text.endswith(values[0], autoescape=True)
    return text.in_(values)


def is_in_language(language: Text, operator: Operator, values: Sequence[str]) -> Condition:
    """
    Return the condition that a language is one of *values*, or a variety of one: de-AT is one of
    de.
    """
    if operator is Operator.IS_SET:
        return sa.true()
    tag = folded(language)
    return sa.or_(
        *(
            sa.or_(tag == value, tag.startswith(f"{value}-", autoescape=True))
            for value in map(ascii_lower, values)
        )
    )


def compare_number(value: Text, operator: Operator, number: str) -> Condition:
    """
    Compare a number in its stored form with another.
    """
    less, greater = _is_less(value, number), _is_greater(value, number)
    return {
        Operator.LESS: less,
        Operator.AT_MOST: sa.not_(greater),
        Operator.GREATER: greater,
        Operator.AT_LEAST: sa.not_(less),
    }[operator]


def _is_less(value: Text, number: str) -> Condition:
    if number.startswith("-"):
        return sa.and_(_is_negative(value), _is_longer(value, number))
    return sa.or_(_is_negative(value), _is_shorter(value, number))


def _is_greater(value: Text, number: str) -> Condition:
    if number.startswith("-"):
        return sa.or_(sa.not_(_is_negative(value)), _is_shorter(value, number))
    return sa.and_(sa.not_(_is_negative(value)), _is_longer(value, number))


def _is_negative(value: Text) -> Condition:
    return sa.func.substr(value, 1, 1) == "-"


def _is_longer(value: Text, number: str) -> Condition:
    """
    Return the condition that *value* is further from zero than *number*.
    """
    size, digits = number.lstrip("-"), _without_sign(value)
    whole = len(size.partition(".")[0])
    places = _places_before_point(value)
    return sa.or_(places > whole, sa.and_(places == whole, digits > size))


def _is_shorter(value: Text, number: str) -> Condition:
    size, digits = number.lstrip("-"), _without_sign(value)
    whole = len(size.partition(".")[0])
    places = _places_before_point(value)
    return sa.or_(places < whole, sa.and_(places == whole, digits < size))


def _without_sign(value: Text) -> Text:
    return Bytewise(sa.func.replace(value, "-", "", type_=sa.Text))


def _places_before_point(value: Text) -> sa.ColumnElement[int]:
    digits = sa.func.replace(value, "-", "", type_=sa.Text)
    # What is left of 12.5 is "12.", and of 12 nothing.
    up_to_point = sa.func.rtrim(digits, "0123456789", type_=sa.Text)
    return sa.case(
        (up_to_point == "", sa.func.length(digits)), else_=sa.func.length(up_to_point) - 1
    )


def _is_ordered(value: Text, operator: Operator, bound: object) -> Condition:
    match operator:
        case Operator.LESS:
            return value < bound
        case Operator.AT_MOST:
            return value <= bound
        case Operator.GREATER:
            return value > bound
    return value >= bound


def compare_day(
    value: Text, operator: Operator, values: Sequence[str], now: dt.datetime
) -> Condition:
    """
    Compare a date in its stored form, which sorts as dates do. Today is the day in UTC.
    """
    day = Bytewise(value)
    if operator in (Operator.WITHIN, Operator.DAYS_AGO):
        today = now.astimezone(dt.UTC).date()
        first = (today - dt.timedelta(days=int(values[0]))).isoformat()
        if operator is Operator.DAYS_AGO:
            return day < first
        return day.between(first, today.isoformat())
    return _is_ordered(day, operator, values[0])


def compare_moment(
    moment: sa.ColumnElement[Any], operator: Operator, values: Sequence[str], now: dt.datetime
) -> Condition:
    """
    Compare a time with days, which begin and end in UTC.
    """
    match operator:
        case Operator.IS_SET:
            return sa.true()
        case Operator.WITHIN:
            return moment >= now - dt.timedelta(days=int(values[0]))
        case Operator.DAYS_AGO:
            return moment < now - dt.timedelta(days=int(values[0]))
        case Operator.LESS | Operator.AT_LEAST:
            return _is_ordered(moment, operator, _first_moment(values[0]))
        case Operator.GREATER | Operator.AT_MOST:
            return _is_ordered(moment, operator, _last_moment(values[0]))
    return sa.or_(*(moment.between(_first_moment(day), _last_moment(day)) for day in values))


def _first_moment(day: str) -> dt.datetime:
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time.min, dt.UTC)


def _last_moment(day: str) -> dt.datetime:
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time.max, dt.UTC)
