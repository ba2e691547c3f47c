"""
Say which operator was meant.
"""

from __future__ import annotations

from subscribers.fields.model import Field, FieldType
from subscribers.segments.model import Attribute, Operator
from subscribers.segments.operators import ValueKind, kind_of, name_of, operators_of
from subscribers.segments.token_reader import TokenReader
from subscribers.segments.tokens import TokenKind
from subscribers.text.phrases import phrase

_EQUAL = (Operator.EQUAL, Operator.HAS)
_OR_SET = (*_EQUAL, Operator.IS_SET, Operator.IS_NOT_SET)
_CONTAINS = (Operator.CONTAINS, Operator.EQUAL)
# What is written, and the operators that may be meant; the first that fits is taken. Of the
# operators only those are named that the subject takes.
_MEANT: dict[str, tuple[Operator, ...]] = {
    "is not empty": (Operator.IS_SET,),
    "is not null": (Operator.IS_SET,),
    "is not known": (Operator.IS_NOT_SET,),
    "is empty": (Operator.IS_NOT_SET,),
    "is null": (Operator.IS_NOT_SET,),
    "is never": (Operator.IS_NOT_SET,),
    "is unknown": (Operator.IS_NOT_SET,),
    "is known": (Operator.IS_SET,),
    "is in": (Operator.IN,),
    "is not in": (Operator.NOT_IN,),
    "is not": (Operator.UNEQUAL, Operator.IS_NOT_SET),
    "is before": (Operator.LESS,),
    "is after": (Operator.GREATER,),
    "is": _OR_SET,
    "=": (Operator.HAS,),
    "has": (Operator.EQUAL,),
    "contains": (Operator.EQUAL, Operator.HAS, Operator.IN),
    "equals": _EQUAL,
    "equal": _EQUAL,
    "eq": _EQUAL,
    "ist": _OR_SET,
    "contain": _CONTAINS,
    "includes": _CONTAINS,
    "like": _CONTAINS,
    "matches": _CONTAINS,
    "enthält": _CONTAINS,
    "begins": (Operator.STARTS_WITH,),
    "starts": (Operator.STARTS_WITH,),
    "startswith": (Operator.STARTS_WITH,),
    "ends": (Operator.ENDS_WITH,),
    "endswith": (Operator.ENDS_WITH,),
    "since": (Operator.AT_LEAST,),
    "seit": (Operator.AT_LEAST,),
    "until": (Operator.AT_MOST,),
    "on": (Operator.EQUAL,),
    "vor": (Operator.LESS,),
    "nach": (Operator.GREATER,),
    "less than": (Operator.WITHIN,),
    "older than": (Operator.DAYS_AGO,),
    "in the": (Operator.WITHIN,),
    "in last": (Operator.WITHIN,),
    "within the": (Operator.WITHIN,),
    "within last": (Operator.WITHIN,),
    "the last": (Operator.WITHIN,),
    "last": (Operator.WITHIN,),
    "more": (Operator.DAYS_AGO, Operator.GREATER),
    "less": (Operator.LESS,),
    "≠": (Operator.UNEQUAL,),
    "≤": (Operator.AT_MOST,),
    "≥": (Operator.AT_LEAST,),
}
# These are no operators, although they begin with one.
_BEGIN_LIKE_ONE = ("in the", "in last", "within the", "within last")
_NEGATED = ("does not", "doesn't", "not has", "not contains", "not starts", "not ends", "not =")
_RANGES = ("between", "from")
_SPELT = {
    Operator.WITHIN: "within 30 days",
    Operator.DAYS_AGO: "more than 30 days ago",
    Operator.IN: "in (...)",
    Operator.NOT_IN: "not in (...)",
}
# So many words are looked at for the end of a value.
_MOST_WORDS = 10
_OF_OPERATORS = {word for each in Operator for word in each.value.split() if word != "set"}
_DATED = {Operator.LESS: "before", Operator.GREATER: "after"}


def misread_operator(tokens: TokenReader) -> bool:
    """
    Return whether what comes next begins like an operator and is none.
    """
    return any(tokens.comes(words.split()) for words in _BEGIN_LIKE_ONE)


def operator_advice(tokens: TokenReader, subject: Attribute | Field) -> str:
    """
    Say what to write after *subject* instead of what comes next.
    """
    name, kind = name_of(subject), kind_of(subject)
    suited = operators_of(subject)
    if any(tokens.comes(words.split()) for words in _NEGATED) or (
        kind is ValueKind.SET and tokens.comes(["!="])
    ):
        usual = Operator.HAS if kind is ValueKind.SET else Operator.CONTAINS
        return phrase(
            "write not before the test, as in not {name} {usual}, instead of {next}",
            name=name,
            usual=usual.value,
            next=tokens.next.as_words,
        )
    if tokens.next.keyword in _RANGES and Operator.AT_LEAST in suited:
        return phrase(
            "write {name} >= ... and {name} <= ..., instead of {next}",
            name=name,
            next=tokens.next.as_words,
        )
    for words, operators in _MEANT.items():
        meant = [_spelt(each, kind) for each in operators if each in suited]
        if meant and tokens.comes(words.split()):
            written = " ".join(token.text for token in tokens.coming(len(words.split())))
            return phrase(
                "write {meant}, instead of {written!r}", meant=_or(meant), written=written
            )
    if _is_missing(tokens):
        return _missing(subject, kind)
    usual_words = [_spelt(each, kind) for each in suited]
    return phrase(
        "{name} takes {usual_words}, instead of {next}",
        name=name,
        usual_words=", ".join(usual_words),
        next=tokens.next.as_words,
    )


def _is_missing(tokens: TokenReader) -> bool:
    """
    Return whether the test ends where its operator should be.
    """
    return tokens.is_at_end or tokens.next.keyword in ("and", "or", ")")


def _missing(subject: Attribute | Field, kind: ValueKind) -> str:
    name = name_of(subject)
    if isinstance(subject, Field) and subject.type is FieldType.BOOLEAN:
        return phrase(
            "{name} is compared with a value: write {name} = yes, or {name} = no", name=name
        )
    usual = (
        "has" if kind is ValueKind.SET else "before 2026-12-24" if kind is ValueKind.DATE else "="
    )
    return phrase(
        "the test is not finished: write what {name} should be, as in {name} {usual}",
        name=name,
        usual=usual,
    )


def _spelt(operator: Operator, kind: ValueKind) -> str:
    if kind is ValueKind.DATE and operator in _DATED:
        return _DATED[operator]
    return _SPELT.get(operator, operator.value)


def _or(words: list[str]) -> str:
    *others, last = words
    return phrase("{others} or {last}", others=", ".join(others), last=last) if others else last


def value_advice(tokens: TokenReader, subject: Attribute | Field, operator: Operator) -> str | None:
    """
    Say what is wrong with what follows the value of a test, if that is a part of the value.
    """
    value, after = tokens.last, tokens.next
    is_single = operator in (Operator.EQUAL, Operator.HAS, Operator.CONTAINS)
    if after.keyword == "," and kind_of(subject) is ValueKind.NUMBER:
        return phrase("write a point in a number, as in {text}.5, and no comma", text=value.text)
    if after.keyword == "," and is_single:
        both = ", ".join(f'"{one.text}"' for one in (value, tokens.coming(2)[-1]))
        return phrase(
            "for one of several values write {name} in ({both})",
            name=name_of(subject),
            both=both,
        )
    if after.kind is TokenKind.WORD and after.keyword in ("und", "oder"):
        return phrase(
            "write {word}, instead of {after}",
            word="and" if after.keyword == "und" else "or",
            after=after.as_words,
        )
    if value.kind is TokenKind.TEXT and after.column == value.column + value.length:
        is_quote = after.kind in (TokenKind.WORD, TokenKind.TEXT)
        return phrase('write \\" for a quote inside the text') if is_quote else None
    has_words = kind_of(subject) in (ValueKind.TEXT, ValueKind.SET)
    if value.kind is TokenKind.WORD and has_words and (words := _rest_of_value(tokens)):
        whole = " ".join([value.text, *words])
        return phrase('put a value of several words in quotes, as in "{whole}"', whole=whole)
    return None


def _rest_of_value(tokens: TokenReader) -> list[str]:
    """
    Return the words up to the end of the test; none if they may be a test of their own.
    """
    words: list[str] = []
    for token in tokens.coming(_MOST_WORDS):
        if token.kind is TokenKind.END or token.keyword in ("and", "or", ")", ","):
            return words
        if token.kind is not TokenKind.WORD or token.keyword in _OF_OPERATORS:
            return []
        words.append(token.text)
    return []
