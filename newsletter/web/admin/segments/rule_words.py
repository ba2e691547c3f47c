"""
Say in the language of the page what a part of a rule asks.
"""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.web.admin.frame.words import StaffWords
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
from subscribers.segments.operators import ValueKind, kind_of

_DAYS = (Operator.WITHIN, Operator.DAYS_AGO)


class RuleWords:
    """
    Describes the parts of rules in the language of *words*.
    """

    def __init__(self, words: StaffWords) -> None:
        self.words = words

    def describe(self, rule: Rule) -> str:
        """
        Return what a rule asks; of one with parts only how these are joined.
        """
        _ = self.words.gettext
        match rule:
            case AllOf():
                return _("All of these:")
            case AnyOf():
                return _("At least one of these:")
            case Not(part=AllOf()):
                return _("Not all of these:")
            case Not(part=AnyOf()):
                return _("None of these:")
            case Not(part=Not(part=part)):
                return self.describe(part)
            case Not(part=part):
                return _("Not: %(test)s", test=self.describe(part))
        return self._test(rule)

    def _test(self, test: Test) -> str:
        if isinstance(test, OnList):
            return self._on_list(test)
        if isinstance(test, Mailed):
            return self._mailed(test)
        if test.subject is Attribute.TAG:
            return self._tagged(test)
        return self._compared(test)

    def _on_list(self, test: OnList) -> str:
        _ = self.words.gettext
        return {
            SubscriptionState.ACTIVE: _("Is on the list %(list)s", list=test.slug),
            SubscriptionState.PENDING: _("Has to confirm for the list %(list)s", list=test.slug),
            SubscriptionState.ENDED: _("Left the list %(list)s", list=test.slug),
        }[test.state]

    def _mailed(self, test: Mailed) -> str:
        _ = self.words.gettext
        what = {
            "mailed": _("Was sent"),
            "received": _("Received"),
            "bounced": _("Bounced"),
        }.get(test.name, test.words)
        if test.issue_id is not None:
            return _("%(did)s: issue %(n)s", did=what, n=test.issue_id)
        if test.days is not None:
            return self.words.ngettext(
                "%(did)s: an issue in the last day",
                "%(did)s: an issue in the last %(n)s days",
                test.days,
                did=what,
                n=test.days,
            )
        return _("%(did)s: an issue at any time", did=what)

    def _tagged(self, test: Comparison) -> str:
        _ = self.words.gettext
        tags = ", ".join(test.values)
        match test.operator:
            case Operator.IN:
                return _("Has one of the tags %(tags)s", tags=tags)
            case Operator.NOT_IN:
                return _("Has none of the tags %(tags)s", tags=tags)
            case Operator.IS_SET:
                return _("Has a tag")
            case Operator.IS_NOT_SET:
                return _("Has no tag")
        return _("Has the tag %(tags)s", tags=tags)

    def _compared(self, test: Comparison) -> str:
        subject, operator = self._subject(test), test.operator
        if operator in _DAYS:
            return self._days_ago(subject, operator, int(test.values[0]))
        is_dated = kind_of(test.subject) is ValueKind.DATE
        compared = self._dated() if is_dated else self._compared_words()
        words = compared.get(operator) or self._compared_words()[operator]
        values = ", ".join(self._shown(test.subject, value) for value in test.values)
        return f"{subject} {words} {values}".rstrip()

    def _days_ago(self, subject: str, operator: Operator, days: int) -> str:
        if operator is Operator.WITHIN:
            return self.words.ngettext(
                "%(what)s in the last day",
                "%(what)s in the last %(n)s days",
                days,
                what=subject,
                n=days,
            )
        return self.words.ngettext(
            "%(what)s more than a day ago",
            "%(what)s more than %(n)s days ago",
            days,
            what=subject,
            n=days,
        )

    def _subject(self, test: Comparison) -> str:
        _ = self.words.gettext
        if isinstance(test.subject, Field):
            return test.subject.label(self.words.language)
        named = {
            Attribute.EMAIL: _("Email address"),
            Attribute.NAME: _("Name"),
            Attribute.LANGUAGE: _("Language"),
            Attribute.TIMEZONE: _("Time zone"),
            Attribute.TAG: _("Tag"),
            Attribute.STATE: _("State"),
            Attribute.CONSENT: _("Source of the consent"),
            Attribute.JOINED: _("Joined"),
            Attribute.LAST_ACTIVE: _("Last active"),
        }[test.subject]
        return f"{named} ({test.list_slug})" if test.list_slug else named

    def _compared_words(self) -> Mapping[Operator, str]:
        _ = self.words.gettext
        return {
            Operator.EQUAL: _("is"),
            Operator.UNEQUAL: _("is not"),
            Operator.LESS: _("is less than"),
            Operator.AT_MOST: _("is at most"),
            Operator.GREATER: _("is more than"),
            Operator.AT_LEAST: _("is at least"),
            Operator.CONTAINS: _("contains"),
            Operator.STARTS_WITH: _("begins with"),
            Operator.ENDS_WITH: _("ends with"),
            Operator.HAS: _("has"),
            Operator.IN: _("is one of"),
            Operator.NOT_IN: _("is none of"),
            Operator.IS_SET: _("is known"),
            Operator.IS_NOT_SET: _("is not known"),
        }

    def _dated(self) -> Mapping[Operator, str]:
        _ = self.words.gettext
        return {
            Operator.EQUAL: _("on the day"),
            Operator.UNEQUAL: _("not on the day"),
            Operator.LESS: _("before"),
            Operator.AT_MOST: _("on or before"),
            Operator.GREATER: _("after"),
            Operator.AT_LEAST: _("on or after"),
        }

    def _shown(self, subject: Attribute | Field, value: str) -> str:
        _ = self.words.gettext
        if isinstance(subject, Field):
            labels = {each.key: each.label(self.words.language) for each in subject.options}
            plain = labels.get(value, value)
            return f"“{plain}”" if subject.type is FieldType.TEXT else plain
        if subject is Attribute.STATE:
            return {
                "active": _("Gets email"),
                "pending": _("To confirm"),
                "ended": _("Left"),
                "suppressed": _("Suppressed"),
            }.get(value, value)
        return f"“{value}”" if kind_of(subject) is ValueKind.TEXT else value
