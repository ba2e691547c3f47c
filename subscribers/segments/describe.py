"""
Describe a rule in words, part by part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from subscribers.fields.model import Field, FieldType
from subscribers.model import SubscriptionState
from subscribers.segments.model import (
    AllOf,
    AnyOf,
    Attribute,
    Comparison,
    Mailed,
    Not,
    OnList,
    Operator,
    Rule,
    Test,
)
from subscribers.segments.operators import SUPPRESSED, ValueKind, kind_of

_COMPARED = {
    Operator.EQUAL: "is",
    Operator.UNEQUAL: "is not",
    Operator.LESS: "is less than",
    Operator.AT_MOST: "is at most",
    Operator.GREATER: "is more than",
    Operator.AT_LEAST: "is at least",
    Operator.CONTAINS: "contains",
    Operator.STARTS_WITH: "starts with",
    Operator.ENDS_WITH: "ends with",
    Operator.HAS: "has",
    Operator.IN: "is one of",
    Operator.NOT_IN: "is none of",
    Operator.IS_SET: "is known",
    Operator.IS_NOT_SET: "is not known",
}
_DATED = {
    Operator.EQUAL: "on",
    Operator.UNEQUAL: "not on",
    Operator.LESS: "before",
    Operator.AT_MOST: "on or before",
    Operator.GREATER: "after",
    Operator.AT_LEAST: "on or after",
    Operator.IN: "on one of",
    Operator.NOT_IN: "on none of",
    Operator.IS_SET: "at a known time",
    Operator.IS_NOT_SET: "at no known time",
}
_TAGGED = {
    Operator.HAS: "has the tag",
    Operator.CONTAINS: "has the tag",
    Operator.IN: "has one of the tags",
    Operator.NOT_IN: "has none of the tags",
    Operator.IS_SET: "has a tag",
    Operator.IS_NOT_SET: "has no tag",
}
_SUBJECTS = {
    Attribute.EMAIL: "the address",
    Attribute.NAME: "the name",
    Attribute.LANGUAGE: "the language",
    Attribute.TIMEZONE: "the time zone",
    Attribute.STATE: "the state on a list",
    Attribute.CONSENT: "the source of a consent",
    Attribute.JOINED: "joined",
    Attribute.LAST_ACTIVE: "was last active",
}
_ON_LIST = {
    SubscriptionState.ACTIVE: "is on list",
    SubscriptionState.PENDING: "is not confirmed on list",
    SubscriptionState.ENDED: "is no longer on list",
}


@dataclass(frozen=True, kw_only=True)
class RulePart:
    """
    A part of a rule in words, and how deep it is nested.
    """

    rule: Rule
    words: str
    depth: int


def parts_of(rule: Rule, depth: int = 0) -> Iterator[RulePart]:
    """
    Yield *rule* and then its parts, each with its own parts behind it.
    """
    match rule:
        case Not(part=Not(part=part)):
            yield from parts_of(part, depth)
        case Not(part=AllOf() | AnyOf() as part):
            inner = list(parts_of(part, depth))
            none = "not all of these" if isinstance(part, AllOf) else "none of these"
            yield RulePart(rule=rule, words=none, depth=depth)
            yield from inner[1:]
        case Not(part=part):
            (only,) = parts_of(part, depth)
            yield RulePart(rule=rule, words=f"not: {only.words}", depth=depth)
        case AllOf(parts=parts) | AnyOf(parts=parts):
            words = "all of these" if isinstance(rule, AllOf) else "at least one of these"
            yield RulePart(rule=rule, words=words, depth=depth)
            for part in parts:
                yield from parts_of(part, depth + 1)
        case _:
            yield RulePart(rule=rule, words=_test_in_words(rule), depth=depth)


def _test_in_words(test: Test) -> str:
    match test:
        case OnList(slug=slug, state=state):
            return f"{_ON_LIST[state]} {slug}"
        case Mailed(words=words, issue_id=int(number)):
            return f"{words} issue {number}"
        case Mailed(words=words, days=int(days)):
            return f"{words} an issue in the last {_days(days)}"
        case Mailed(words=words):
            return f"{words} an issue at any time"
    return _comparison_in_words(test)


def _comparison_in_words(test: Comparison) -> str:
    subject = test.subject
    values = ", ".join(_shown(subject, value) for value in test.values)
    if subject is Attribute.TAG:
        return f"{_TAGGED[test.operator]} {values}".rstrip()
    if subject is Attribute.STATE and test.values == (SUPPRESSED,):
        return "is suppressed" if test.operator in _POSITIVE else "is not suppressed"
    name = subject.name if isinstance(subject, Field) else _SUBJECTS[subject]
    if test.list_slug is not None and subject is Attribute.JOINED:
        name += f" list {test.list_slug}"
    if kind_of(subject) is not ValueKind.DATE:
        return f"{name} {_COMPARED[test.operator]} {values}".rstrip()
    name += " is" if isinstance(subject, Field) else ""
    if test.operator is Operator.WITHIN:
        return f"{name} in the last {_days(int(values))}"
    if test.operator is Operator.DAYS_AGO:
        return f"{name} more than {_days(int(values))} ago"
    if isinstance(subject, Field) and not test.values:
        return f"{subject.name} {_COMPARED[test.operator]}"
    return f"{name} {_DATED[test.operator]} {values}".rstrip()


_POSITIVE = (Operator.EQUAL, Operator.IN)


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _shown(subject: Attribute | Field, value: str) -> str:
    is_text = isinstance(subject, Field) and subject.type is FieldType.TEXT
    return f"“{value}”" if is_text or kind_of(subject) is ValueKind.TEXT else value
