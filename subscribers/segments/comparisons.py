"""
Parse what follows the subject of a comparison: its operator and its values.
"""

from __future__ import annotations

from subscribers.errors import InvalidText, RuleError
from subscribers.fields.model import Field
from subscribers.segments.model import MAX_DAYS, Attribute, Comparison, Operator
from subscribers.segments.operators import OPERATORS, ValueKind, kind_of, name_of, read_value
from subscribers.segments.token_reader import TokenReader

# In their order the first that fits is read; the words of an operator are separated by spaces.
_SPELT = {
    "is not set": Operator.IS_NOT_SET,
    "is set": Operator.IS_SET,
    "not in": Operator.NOT_IN,
    "starts with": Operator.STARTS_WITH,
    "ends with": Operator.ENDS_WITH,
    "more than": Operator.DAYS_AGO,
    "before": Operator.LESS,
    "after": Operator.GREATER,
    **{
        word.value: word
        for word in (
            Operator.EQUAL,
            Operator.UNEQUAL,
            Operator.AT_MOST,
            Operator.AT_LEAST,
            Operator.LESS,
            Operator.GREATER,
            Operator.CONTAINS,
            Operator.HAS,
            Operator.IN,
            Operator.WITHIN,
        )
    },
}
# What people write instead, by the first word.
_INSTEAD = {
    "is": "write = for a value, or is set",
    "not": "write != or not in",
    "starts": "write starts with",
    "ends": "write ends with",
    "more": "write more than N days ago",
    "like": "write contains",
    "equals": "write =",
}


def parse_comparison(tokens: TokenReader, subject: Attribute | Field) -> Comparison:
    """
    Read an operator that suits *subject*, and its values.

    Raises:
        RuleError: the operator is unknown or does not suit, or a value is missing or not valid.
    """
    begin, operator = tokens.next, _operator(tokens, subject)
    if operator not in OPERATORS[kind_of(subject)]:
        raise RuleError(begin.column, f"{_suited(subject)}, instead of {begin}")
    return Comparison(subject=subject, operator=operator, values=_values(tokens, subject, operator))


def _operator(tokens: TokenReader, subject: Attribute | Field) -> Operator:
    for spelt, operator in _SPELT.items():
        if tokens.take_all(spelt.split()):
            return operator
    advice = _INSTEAD.get(tokens.next.keyword) or _suited(subject)
    raise RuleError(tokens.next.column, f"{advice}, instead of {tokens.next}")


def _suited(subject: Attribute | Field) -> str:
    kind = kind_of(subject)
    words = list(OPERATORS[kind])
    usual = [word.value for word in words if word is not Operator.DAYS_AGO]
    usual += ["before", "after", "more than N days ago"] if kind is ValueKind.DATE else []
    return f"{name_of(subject)} takes {', '.join(usual)}"


def _values(tokens: TokenReader, subject: Attribute | Field, operator: Operator) -> tuple[str, ...]:
    if operator in (Operator.IS_SET, Operator.IS_NOT_SET):
        return ()
    if operator in (Operator.WITHIN, Operator.DAYS_AGO):
        days = parse_days(tokens)
        if operator is Operator.DAYS_AGO:
            tokens.require("ago", "as in: more than 90 days ago")
        return (str(days),)
    if operator not in (Operator.IN, Operator.NOT_IN):
        return (_value(tokens, subject),)
    tokens.require("(", 'as in: in ("north", "south")')
    values = [_value(tokens, subject)]
    while tokens.take(","):
        values.append(_value(tokens, subject))
    tokens.require(")", "to end the values")
    return tuple(dict.fromkeys(values))


def _value(tokens: TokenReader, subject: Attribute | Field) -> str:
    token = tokens.take_value(f"a value of {name_of(subject)}")
    try:
        return read_value(subject, token.text)
    except InvalidText as error:
        raise RuleError(token.column, str(error)) from error


def parse_days(tokens: TokenReader) -> int:
    """
    Read a number of days, such as `30 days`.

    Raises:
        RuleError: something else comes next, or there are too many of them.
    """
    token = tokens.take_value("a number of days")
    is_number = token.text.isascii() and token.text.isdigit() and len(token.text) <= len("36500")
    if not is_number or not 1 <= int(token.text) <= MAX_DAYS:
        raise RuleError(
            token.column, f"{token} is not a number of days: write one from 1 to {MAX_DAYS}"
        )
    if not tokens.take("days") and not tokens.take("day"):
        raise RuleError(tokens.next.column, f"expected days, instead of {tokens.next}")
    return int(token.text)
