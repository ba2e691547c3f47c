"""
Turn a rule into a SELECT of people, or into a condition on them, with bound parameters only.

Each test is a look-up by the person, so that both databases can read an index and choose the
order. None of them is ever NULL, because `not` would keep it NULL.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.field_tables import field_value
from subscribers.fields.model import Field, FieldType
from subscribers.model import SubscriptionState
from subscribers.reach import is_known_on
from subscribers.segments.compile_tables import (
    is_not_held_back,
    is_suppressed,
    select_on_list,
    select_with_consent,
    select_with_tag,
)
from subscribers.segments.compile_values import (
    compare_day,
    compare_folded,
    compare_moment,
    compare_number,
    compare_text,
    is_in_language,
)
from subscribers.segments.model import (
    AllOf,
    AnyOf,
    Attribute,
    Comparison,
    KnownOn,
    Mailed,
    MailedQuery,
    Not,
    OnList,
    Operator,
    Rule,
    Window,
)
from subscribers.segments.operators import OPPOSITE, STATES, SUPPRESSED

Condition = sa.ColumnElement[bool]
_s = tables.subscription


def select_people(
    rule: Rule, *, named: Mapping[str, MailedQuery], now: dt.datetime
) -> sa.Select[Any]:
    """
    Select the numbers of the people whom *rule* selects, as `subscriber_id`; nobody who was erased.
    *named* are the queries of what was mailed to people, by their names.
    """
    person = tables.subscriber.alias("person")
    selected = is_selected(rule, person, named=named, now=now)
    return sa.select(person.c.id.label("subscriber_id")).where(
        person.c.erased_at.is_(None), selected
    )


def is_selected(
    rule: Rule,
    person: Any,
    *,
    named: Mapping[str, MailedQuery],
    now: dt.datetime,
    leads: bool = True,
) -> Condition:
    """
    Return the condition that the row of *person*, a table of subscribers, is selected by *rule*. If
    it does not lead, it is looked up for one person after the other.
    """
    return _Compiler(person=person, named=named, now=now).condition(rule, leads=leads)


@dataclass(frozen=True, kw_only=True)
class _Compiler:
    """
    Makes the condition of each part of a rule on the rows of `person`.

    A part that `leads` must hold for everybody who is selected, so the database may begin with the
    people whom it finds. Any other part is looked up for one person after the other: PostgreSQL
    reads a set that does not fit into its memory again for every row.
    """

    person: Any
    named: Mapping[str, MailedQuery]
    now: dt.datetime

    def condition(self, rule: Rule, *, leads: bool = False) -> Condition:
        match rule:
            case AllOf(parts=parts):
                return sa.and_(*(self.condition(part, leads=leads) for part in parts))
            case AnyOf(parts=parts):
                return sa.or_(*(self.condition(part) for part in parts))
            case Not(part=part):
                return sa.not_(self.condition(part))
            case OnList(slug=slug, state=state):
                s = _s.alias()
                found = select_on_list(s, slug).where(s.c.state == state.value)
                on_list = self._found(found, leads)
                if state is SubscriptionState.ENDED:
                    return on_list
                return sa.and_(on_list, sa.not_(is_suppressed(self.person, slug)))
            case Mailed(name=name, issue_id=issue_id, days=days, list_slug=slug):
                since = None if days is None else self.now - dt.timedelta(days=days)
                window = Window(issue_id=issue_id, since=since, list_slug=slug)
                return self._found(self.named[name](window), leads)
            case KnownOn(slugs=slugs):
                return is_known_on(self.person.c.id, slugs)
        if rule.operator in OPPOSITE:
            return sa.not_(self._comparison(rule, OPPOSITE[rule.operator], leads=False))
        return self._comparison(rule, rule.operator, leads=leads)

    def _comparison(self, rule: Comparison, operator: Operator, *, leads: bool) -> Condition:
        found = self._select(rule, operator)
        return self._found(found, leads) if isinstance(found, sa.Select) else found

    def _select(self, rule: Comparison, operator: Operator) -> sa.Select[Any] | Condition:
        """
        Return a SELECT of the people for what other tables have, else a condition on the person.
        """
        values = rule.values
        match rule.subject:
            case Field() as field:
                return self._with_field(field, operator, values)
            case Attribute.TAG:
                return select_with_tag(operator, values)
            case Attribute.STATE:
                return self._in_state(values or STATES, rule.list_slug)
            case Attribute.CONSENT:
                return select_with_consent(operator, values, rule.list_slug)
            case Attribute.JOINED | Attribute.LAST_ACTIVE:
                return self._at_time(rule, operator)
        return self._with_text(rule.subject, operator, values)

    def _with_text(
        self, attribute: Attribute, operator: Operator, values: Sequence[str]
    ) -> Condition:
        person = self.person.c
        match attribute:
            case Attribute.NAME:
                is_known, text = person.name != "", person.name
            case Attribute.TIMEZONE:
                is_known, text = person.timezone.is_not(None), person.timezone
            case Attribute.LANGUAGE:
                is_in = is_in_language(person.language, operator, values)
                return sa.and_(person.language.is_not(None), is_in)
            case _:
                is_same = compare_text(person.email_key, operator, values)
                return sa.and_(person.email_key.is_not(None), is_same)
        return sa.and_(is_known, compare_folded(text, operator, values))

    def _at_time(self, rule: Comparison, operator: Operator) -> sa.Select[Any] | Condition:
        person = self.person.c
        if rule.subject is Attribute.LAST_ACTIVE:
            seen = compare_moment(person.last_active_at, operator, rule.values, self.now)
            return sa.and_(person.last_active_at.is_not(None), seen)
        if rule.list_slug is None:
            return compare_moment(person.created_at, operator, rule.values, self.now)
        s = _s.alias()
        joined = compare_moment(s.c.created_at, operator, rule.values, self.now)
        return select_on_list(s, rule.list_slug).where(joined)

    def _with_field(
        self, field: Field, operator: Operator, values: Sequence[str]
    ) -> sa.Select[Any]:
        own = field_value.alias()
        found = sa.select(own.c.subscriber_id).where(own.c.field_id == field.id)
        value = own.c.value
        if operator is Operator.IS_SET:
            return found
        match field.type:
            case FieldType.TEXT:
                return found.where(compare_folded(value, operator, values))
            case FieldType.CHOICES:
                # The keys of options have no quotes.
                has_each = (value.contains(f'"{key}"', autoescape=True) for key in values)
                return found.where(sa.or_(*has_each))
            case _ if operator in (Operator.EQUAL, Operator.IN):
                return found.where(value.in_(values))
            case FieldType.NUMBER:
                return found.where(compare_number(value, operator, values[0]))
        return found.where(compare_day(value, operator, values, self.now))

    def _in_state(self, states: Sequence[str], slug: str | None) -> Condition:
        """
        Return the condition that the person is in one of *states*, on a list if *slug* names it. A
        subscription that a suppression holds back is neither active nor pending.
        """
        s = _s.alias()
        found = sa.select(s.c.subscriber_id) if slug is None else select_on_list(s, slug)
        found = found.where(s.c.state.in_(states), is_not_held_back(self.person, s))
        is_in_state = self._found(found, leads=False)
        if SUPPRESSED not in states:
            return is_in_state
        return is_in_state | is_suppressed(self.person, *(() if slug is None else (slug,)))

    def _found(self, found: sa.Select[Any], leads: bool) -> Condition:
        """
        Return the condition that the person is among those *found*.
        """
        if leads:
            in_all: Condition = self.person.c.id.in_(found.correlate(None))
            return in_all
        own = found.selected_columns.subscriber_id == self.person.c.id
        return found.where(own).correlate(self.person).exists()
