"""
Narrow a rule: what it asks about subscriptions, and about what was mailed, is then about one list
alone, or about those to which staff are limited.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from subscribers.segments.model import (
    AllOf,
    AnyOf,
    Attribute,
    Comparison,
    KnownOn,
    Mailed,
    Not,
    OnList,
    Rule,
    Test,
)
from subscribers.segments.operators import OPPOSITE

# They look at all lists of a person, unless one is named.
_OF_SUBSCRIPTIONS = (Attribute.STATE, Attribute.CONSENT)


def of_list(slug: str, rule: Rule) -> Rule:
    """
    Return the rule that selects the readers of a list whom *rule* selects.
    """
    return AllOf(parts=(OnList(slug=slug), _narrowed(rule, slug)))


def within(slugs: frozenset[str], rule: Rule) -> Rule:
    """
    Return the rule as it is answered for staff limited to these lists: by what happened there, and
    of people from elsewhere by nothing else but the address.
    """
    return _mapped(rule, lambda test: _within_test(test, slugs))


def _within_test(test: Test, slugs: frozenset[str]) -> Rule:
    match test:
        case Mailed(issue_id=None, list_slug=None):
            return _any(replace(test, list_slug=each) for each in sorted(slugs))
        case Comparison(subject=subject, list_slug=None) if subject in _OF_SUBSCRIPTIONS:
            return _on_any(test, slugs)
        case Comparison(subject=Attribute.EMAIL) | OnList() | Mailed():
            return test
        case Comparison(list_slug=slug) if slug is not None:
            return test
    return AllOf(parts=(KnownOn(slugs=slugs), test))


def _on_any(test: Comparison, slugs: frozenset[str]) -> Rule:
    """
    Return a test of subscriptions to any list as one of those to these lists. Its negation means
    that it is true of none of them.
    """
    positive = OPPOSITE.get(test.operator)
    if positive is not None:
        return Not(part=_on_any(replace(test, operator=positive), slugs))
    return _any(replace(test, list_slug=each) for each in sorted(slugs))


def _any(parts: Iterable[Rule]) -> Rule:
    found = tuple(parts)
    # Who is limited to no list sees nobody.
    return AnyOf(parts=found) if found else OnList(slug="")


def _narrowed(rule: Rule, slug: str) -> Rule:
    return _mapped(rule, lambda test: _on_list(test, slug))


def _on_list(test: Test, slug: str) -> Rule:
    match test:
        case Mailed(issue_id=None):
            return replace(test, list_slug=slug)
        case Comparison(subject=subject) if subject in _OF_SUBSCRIPTIONS:
            return replace(test, list_slug=slug)
    return test


def _mapped(rule: Rule, change: Callable[[Test], Rule]) -> Rule:
    """
    Return the rule with each of its tests changed.
    """
    match rule:
        case Not(part=part):
            return Not(part=_mapped(part, change))
        case AllOf(parts=parts):
            return AllOf(parts=tuple(_mapped(each, change) for each in parts))
        case AnyOf(parts=parts):
            return AnyOf(parts=tuple(_mapped(each, change) for each in parts))
        case KnownOn():
            return rule
    return change(rule)
