"""
Narrow a rule to one list: what it asks about subscriptions, and about what was mailed, is then
about that list alone.
"""

from __future__ import annotations

from dataclasses import replace

from subscribers.segments.model import (
    AllOf,
    AnyOf,
    Attribute,
    Comparison,
    Mailed,
    Not,
    OnList,
    Rule,
)

# They look at all lists of a person, unless one is named.
_OF_SUBSCRIPTIONS = (Attribute.STATE, Attribute.CONSENT)


def of_list(slug: str, rule: Rule) -> Rule:
    """
    Return the rule that selects the readers of a list whom *rule* selects.
    """
    return AllOf(parts=(OnList(slug=slug), _narrowed(rule, slug)))


def _narrowed(rule: Rule, slug: str) -> Rule:
    match rule:
        case Not(part=part):
            return Not(part=_narrowed(part, slug))
        case AllOf(parts=parts):
            return AllOf(parts=tuple(_narrowed(each, slug) for each in parts))
        case AnyOf(parts=parts):
            return AnyOf(parts=tuple(_narrowed(each, slug) for each in parts))
        case Mailed(issue_id=None):
            return replace(rule, list_slug=slug)
        case Comparison(subject=subject) if subject in _OF_SUBSCRIPTIONS:
            return replace(rule, list_slug=slug)
    return rule
