"""
Parse what follows the subject of a comparison: its operator and its values.
"""

from __future__ import annotations

from subscribers.errors import InvalidText, RuleError
from subscribers.fields.model import Field
from subscribers.segments.advice.operators import (
    misread_operator,
    operator_advice,
    value_advice,
)
from subscribers.segments.model import MAX_DAYS, Attribute, Comparison, Operator
from subscribers.segments.operators import ValueKind, kind_of, name_of, operators_of
from subscribers.segments.token_reader import TokenReader
from subscribers.segments.tokens import TokenKind
from subscribers.segments.values import read_value
from subscribers.text.phrases import phrase

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


def parse_comparison(tokens: TokenReader, subject: Attribute | Field) -> Comparison:
    """
    Read an operator that suits *subject*, and its values.

    Raises:
        RuleError: the operator is unknown or does not suit, or a value is missing or not valid.
    """
    operator = _operator(tokens, subject)
    values = _values(tokens, subject, operator)
    advice = value_advice(tokens, subject, operator) if len(values) == 1 else None
    if advice is not None:
        raise RuleError(tokens.next.column, advice)
    return Comparison(subject=subject, operator=operator, values=values)


def _operator(tokens: TokenReader, subject: Attribute | Field) -> Operator:
    suited = operators_of(subject)
    if not misread_operator(tokens):
        for spelt, operator in _SPELT.items():
            if operator in suited and tokens.take_all(spelt.split()):
                return operator
    raise RuleError(tokens.next.column, operator_advice(tokens, subject))


def _values(tokens: TokenReader, subject: Attribute | Field, operator: Operator) -> tuple[str, ...]:
    if operator in (Operator.IS_SET, Operator.IS_NOT_SET):
        return ()
    if operator in (Operator.WITHIN, Operator.DAYS_AGO):
        days = parse_days(tokens)
        if operator is Operator.DAYS_AGO:
            tokens.require("ago", phrase("as in: more than 90 days ago"))
        return (str(days),)
    if operator not in (Operator.IN, Operator.NOT_IN):
        return (_value(tokens, subject, operator),)
    tokens.require("(", phrase("as in: in (north, south)"))
    values = [_value(tokens, subject, operator)]
    while tokens.take(","):
        values.append(_value(tokens, subject, operator))
    tokens.require(")", phrase("behind the values, and a comma between two of them"))
    return tuple(dict.fromkeys(values))


def _value(tokens: TokenReader, subject: Attribute | Field, operator: Operator) -> str:
    token = tokens.take_value(phrase("a value of {name}", name=name_of(subject)))
    if token.kind is TokenKind.WORD and token.keyword == "null":
        raise RuleError(token.column, phrase('write is set or is not set, or "null" for that text'))
    if kind_of(subject) is ValueKind.DATE and tokens.next.keyword in ("day", "days"):
        raise RuleError(
            token.column,
            phrase("write within {text} days, or more than {text} days ago", text=token.text),
        )
    try:
        return read_value(subject, operator, token.text)
    except InvalidText as error:
        raise RuleError(token.column, str(error)) from error


def parse_days(tokens: TokenReader) -> int:
    """
    Read a number of days, such as `30 days`.

    Raises:
        RuleError: something else comes next, or there are too many of them.
    """
    token = tokens.take_value(phrase("a number of days"))
    is_number = token.text.isascii() and token.text.isdigit() and len(token.text) <= len("36500")
    if not is_number or not 1 <= int(token.text) <= MAX_DAYS:
        raise RuleError(
            token.column,
            phrase(
                "{token} is not a number of days: write one from 1 to {limit}, as in 30 days",
                token=token.as_words,
                limit=MAX_DAYS,
            ),
        )
    if not tokens.take("days") and not tokens.take("day"):
        raise RuleError(
            tokens.next.column,
            phrase(
                "write a number of days, as in 30 days, instead of {next}",
                next=tokens.next.as_words,
            ),
        )
    return int(token.text)
