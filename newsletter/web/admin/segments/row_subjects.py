"""
What a row can ask about, how that is compared, and which values there are to choose from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from newsletter.actions.people.newsroom.rule_preview import RuleSubjects
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.segments.rule_rows import ON_LISTS, WITH_DAYS, WITHOUT_VALUE
from subscribers.fields.model import Field, FieldType
from subscribers.segments.model import Attribute
from subscribers.segments.operators import STATES, ValueKind, kind_of

_KNOWN = ("is set", "is not set")
_BY_KIND: Mapping[ValueKind, tuple[str, ...]] = {
    ValueKind.TEXT: ("is", "is not", "contains", "starts with", "ends with", *_KNOWN),
    ValueKind.WORD: ("is", "is not", *_KNOWN),
    ValueKind.NUMBER: ("is", "is not", "less", "more", "at most", "at least", *_KNOWN),
    ValueKind.DATE: (
        *("within", "longer ago", "before", "after", "until", "from", "is", "is not"),
        *_KNOWN,
    ),
    ValueKind.SET: ("has", "has not", *_KNOWN),
}
# A field of such a name is asked about with a word before it.
_WORDS = frozenset(
    {
        *(each.value for each in Attribute),
        *("consent", "mailed", "received", "bounced", "pending", "ended", "on", "of", "not"),
    }
)


@dataclass(frozen=True, kw_only=True)
class RowSubject:
    """
    What a row asks about: `key` is how a rule names it, `name` what people call it. `options` are
    the values to choose from, each with its name; without any, a value is typed. With
    `takes_others`, a value may be one that is not among them, such as a tag that nobody has.
    """

    key: str
    name: str
    comparisons: Sequence[str]
    options: Sequence[tuple[str, str]] = ()
    is_date: bool = False
    takes_others: bool = False

    def control(self, comparison: str) -> str:
        """
        Return the kind of control in which the value of a comparison is given.
        """
        if comparison in WITHOUT_VALUE:
            return "none"
        if comparison in WITH_DAYS:
            return "days"
        if self.options:
            return "menu"
        return "date" if self.is_date else "text"

    def value_of(self, typed: str) -> str | None:
        """
        Return the value that was typed or chosen, by itself or by its name; None if there are some
        to choose from and it is none of them.
        """
        wanted = typed.strip()
        if not self.options:
            return wanted
        if wanted in (value for value, _ in self.options):
            return wanted
        named = (
            value
            for value, name in self.options
            if wanted.casefold() in (value.casefold(), name.strip().casefold())
        )
        return next(named, wanted if wanted and self.takes_others else None)


def key_of(subject: Attribute | Field) -> str:
    """
    Return how a rule names *subject*.
    """
    if isinstance(subject, Field):
        return f"field {subject.name}" if subject.name in _WORDS else subject.name
    return subject.value


def subjects_of(offered: RuleSubjects, words: StaffWords) -> dict[str, RowSubject]:
    """
    Return what rows can ask about, by the keys.
    """
    every = (*_attributes(offered, words), *_lists(offered, words), *_fields(offered, words))
    return {each.key: each for each in every}


def _attributes(offered: RuleSubjects, words: StaffWords) -> Iterator[RowSubject]:
    _ = words.gettext
    names = {
        Attribute.EMAIL: _("Email address"),
        Attribute.NAME: _("Name"),
        Attribute.LANGUAGE: _("Language"),
        Attribute.TIMEZONE: _("Time zone"),
        Attribute.TAG: _("Tag"),
        Attribute.STATE: _("State"),
        Attribute.CONSENT: _("Source of the consent"),
        Attribute.JOINED: _("Joined"),
        Attribute.LAST_ACTIVE: _("Last active"),
    }
    state_names = {
        "active": _("Gets email"),
        "pending": _("To confirm"),
        "ended": _("Left"),
        "suppressed": _("Suppressed"),
    }
    options = {
        Attribute.TAG: [(tag, tag) for tag in offered.tags],
        Attribute.STATE: [(state, state_names[state]) for state in STATES],
    }
    for attribute, name in names.items():
        kind = kind_of(attribute)
        yield RowSubject(
            key=attribute.value,
            name=name,
            comparisons=_BY_KIND[kind],
            options=options.get(attribute, ()),
            is_date=kind is ValueKind.DATE,
            takes_others=attribute is Attribute.TAG,
        )


def _lists(offered: RuleSubjects, words: StaffWords) -> Iterator[RowSubject]:
    _ = words.gettext
    names = (_("On the list"), _("To confirm for the list"), _("Left the list"))
    lists = [(each.slug, each.name) for each in offered.lists]
    for key, name in zip(ON_LISTS, names, strict=True):
        yield RowSubject(key=key, name=name, comparisons=("is", "is not"), options=lists)


def _fields(offered: RuleSubjects, words: StaffWords) -> Iterator[RowSubject]:
    for field in offered.fields:
        kind = kind_of(field)
        options = [(each.key, each.label(words.language)) for each in field.options]
        if field.type is FieldType.BOOLEAN:
            options = [("yes", words.gettext("yes")), ("no", words.gettext("no"))]
        yield RowSubject(
            key=key_of(field),
            name=field.label(words.language),
            comparisons=_BY_KIND[kind],
            options=options,
            is_date=kind is ValueKind.DATE,
        )
