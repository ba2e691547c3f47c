"""
Describe a rule in words, part by part.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from subscribers.fields.model import Field, FieldType
from subscribers.model import SubscriptionState
from subscribers.segments.model import (
    AllOf,
    AnyOf,
    Attribute,
    Comparison,
    KnownOn,
    Mailed,
    Not,
    OnList,
    Operator,
    Rule,
    Test,
)
from subscribers.segments.operators import SUPPRESSED, ValueKind, kind_of
from subscribers.text.phrase_values import Labelled
from subscribers.text.phrases import filled, joined, phrase, plural

_COMPARED = {
    Operator.EQUAL: phrase("{subject} is {values}"),
    Operator.UNEQUAL: phrase("{subject} is not {values}"),
    Operator.LESS: phrase("{subject} is less than {values}"),
    Operator.AT_MOST: phrase("{subject} is at most {values}"),
    Operator.GREATER: phrase("{subject} is more than {values}"),
    Operator.AT_LEAST: phrase("{subject} is at least {values}"),
    Operator.CONTAINS: phrase("{subject} contains {values}"),
    Operator.STARTS_WITH: phrase("{subject} starts with {values}"),
    Operator.ENDS_WITH: phrase("{subject} ends with {values}"),
    Operator.HAS: phrase("{subject} has {values}"),
    Operator.IN: phrase("{subject} is one of {values}"),
    Operator.NOT_IN: phrase("{subject} is none of {values}"),
    Operator.IS_SET: phrase("{subject} is known"),
    Operator.IS_NOT_SET: phrase("{subject} is not known"),
}
_DATED = {
    Operator.EQUAL: phrase("{what} on {days}"),
    Operator.UNEQUAL: phrase("{what} not on {days}"),
    Operator.LESS: phrase("{what} before {days}"),
    Operator.AT_MOST: phrase("{what} on or before {days}"),
    Operator.GREATER: phrase("{what} after {days}"),
    Operator.AT_LEAST: phrase("{what} on or after {days}"),
    Operator.IN: phrase("{what} on one of {days}"),
    Operator.NOT_IN: phrase("{what} on none of {days}"),
    Operator.IS_SET: phrase("{what} at a known time"),
    Operator.IS_NOT_SET: phrase("{what} at no known time"),
}
_TAGGED = {
    Operator.HAS: phrase("has the tag {tags}"),
    Operator.CONTAINS: phrase("has the tag {tags}"),
    Operator.IN: phrase("has one of the tags {tags}"),
    Operator.NOT_IN: phrase("has none of the tags {tags}"),
    Operator.IS_SET: phrase("has a tag"),
    Operator.IS_NOT_SET: phrase("has no tag"),
}
_ALL_OF, _ANY_OF = phrase("all of these"), phrase("at least one of these")
_NOT_ALL, _NONE = phrase("not all of these"), phrase("none of these")
_SUBJECTS = {
    Attribute.EMAIL: phrase("the address"),
    Attribute.NAME: phrase("the name"),
    Attribute.LANGUAGE: phrase("the language"),
    Attribute.TIMEZONE: phrase("the time zone"),
    Attribute.STATE: phrase("the state on a list"),
    Attribute.CONSENT: phrase("the source of a consent"),
    Attribute.JOINED: phrase("joined"),
    Attribute.LAST_ACTIVE: phrase("was last active"),
}
_STATES = {
    "active": phrase("active"),
    "pending": phrase("pending"),
    "ended": phrase("ended"),
    SUPPRESSED: phrase("suppressed"),
}
_POSITIVE = (Operator.EQUAL, Operator.IN)


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
            none = _NOT_ALL if isinstance(part, AllOf) else _NONE
            yield RulePart(rule=rule, words=none, depth=depth)
            yield from inner[1:]
        case Not(part=part):
            yield RulePart(rule=rule, words=_denied(part), depth=depth)
        case AllOf(parts=parts) | AnyOf(parts=parts):
            words = _ALL_OF if isinstance(rule, AllOf) else _ANY_OF
            yield RulePart(rule=rule, words=words, depth=depth)
            for part in parts:
                yield from parts_of(part, depth + 1)
        case KnownOn():
            # It is in no rule that somebody wrote.
            return
        case _:
            yield RulePart(rule=rule, words=_test_in_words(rule), depth=depth)


def _test_in_words(test: Test) -> str:
    match test:
        case OnList():
            return _on_list(test)
        case Mailed(words=words, issue_id=int(number)):
            return phrase("{was_sent} issue {number}", was_sent=words, number=number)
        case Mailed(words=words, days=int(days)):
            return plural(
                "{was_sent} an issue in the last day",
                "{was_sent} an issue in the last {n} days",
                days,
                was_sent=words,
            )
        case Mailed(words=words):
            return phrase("{was_sent} an issue at any time", was_sent=words)
    return _comparison_in_words(test)


def _denied(rule: Rule) -> str:
    match rule:
        case OnList(slug=slug, state=SubscriptionState.ACTIVE):
            return phrase("is not on the list {list}", list=slug)
        case OnList(slug=slug, state=SubscriptionState.PENDING):
            return phrase("does not have to confirm for the list {list}", list=slug)
        case OnList(slug=slug):
            return phrase("did not leave the list {list}", list=slug)
        case Comparison(subject=Attribute.TAG, operator=Operator.HAS, values=(tag,)):
            return phrase("does not have the tag {tags}", tags=tag)
    (only,) = parts_of(rule)
    return phrase("not: {test}", test=only.words)


def _on_list(test: OnList) -> str:
    return {
        SubscriptionState.ACTIVE: phrase("is on the list {list}", list=test.slug),
        SubscriptionState.PENDING: phrase("has to confirm for the list {list}", list=test.slug),
        SubscriptionState.ENDED: phrase("left the list {list}", list=test.slug),
    }[test.state]


def _comparison_in_words(test: Comparison) -> str:
    subject, is_positive = test.subject, test.operator in _POSITIVE
    values = joined(", ", [_shown(subject, value) for value in test.values])
    if subject is Attribute.TAG:
        return filled(_TAGGED[test.operator], tags=values)
    if subject is Attribute.STATE and test.values == (SUPPRESSED,):
        return phrase("is suppressed") if is_positive else phrase("is not suppressed")
    is_time = kind_of(subject) is ValueKind.DATE
    if not is_time or (isinstance(subject, Field) and not test.values):
        return filled(_COMPARED[test.operator], subject=_name_of(test), values=values)
    return _dated(test, values)


def _dated(test: Comparison, days: str) -> str:
    what = _name_of(test)
    if isinstance(test.subject, Field):
        what = phrase("{subject} is", subject=what)
    if test.operator is Operator.WITHIN:
        number = int(test.values[0])
        return plural("{what} in the last day", "{what} in the last {n} days", number, what=what)
    if test.operator is Operator.DAYS_AGO:
        number = int(test.values[0])
        return plural(
            "{what} more than a day ago", "{what} more than {n} days ago", number, what=what
        )
    return filled(_DATED[test.operator], what=what, days=days)


def _name_of(test: Comparison) -> str:
    subject = test.subject
    if isinstance(subject, Field):
        return Labelled(subject.name, subject.labels)
    if test.list_slug is not None and subject is Attribute.JOINED:
        return phrase("joined the list {list}", list=test.list_slug)
    return _SUBJECTS[subject]


def _shown(subject: Attribute | Field, value: str) -> str | dt.date:
    if isinstance(subject, Field):
        for option in subject.options:
            if option.key == value:
                return Labelled(value, option.labels)
    if kind_of(subject) is ValueKind.DATE:
        return dt.date.fromisoformat(value) if not value.isdecimal() else value
    is_text = isinstance(subject, Field) and subject.type is FieldType.TEXT
    if is_text or kind_of(subject) is ValueKind.TEXT:
        return phrase("“{text}”", text=value)
    return _STATES.get(value, value) if subject is Attribute.STATE else value
