"""
Compile a filter to the conditions of a statement on people.

A person is looked at by their own row, and everything else by an index, so that a page of people
in the order of their addresses costs what it reads. Where few people are on the list in that
state, or have the tag, SQLite is made to begin with those.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.history_tables import history
from subscribers.database.segment_tables import subscriber_tag
from subscribers.filters.few_people import begin_with_few, is_in_segment
from subscribers.filters.model import PeopleFilter, PersonState
from subscribers.filters.named_objects import look_up
from subscribers.filters.suppressed import is_suppressed, is_suppressed_for_all
from subscribers.model import MailingList, SubscriptionState
from subscribers.reach import is_known_on

_p = tables.subscriber
_s = tables.subscription
_ENDED = SubscriptionState.ENDED.value


def select_matching(
    connection: sa.Connection, which: PeopleFilter, *, segment: sa.Select[Any] | None = None
) -> sa.Select[Any]:
    """
    Select the numbers of the people whom a filter matches; *segment* selects those of its segment.

    Raises:
        UnknownList, UnknownTag: there is no such list or tag.
    """
    return sa.select(_p.c.id).where(*matches(connection, which, segment=segment))


def matches(
    connection: sa.Connection,
    which: PeopleFilter,
    *,
    segment: sa.Select[Any] | None = None,
    after: int | None = None,
) -> list[sa.ColumnElement[bool]]:
    """
    Return the conditions that a row of `subscriber` meets if a filter matches the person, as
    `select_matching` does, and their number is above *after*. Nobody who was erased is matched.
    """
    mailing_list, tag_id = look_up(connection, which)
    conditions = [_p.c.email_key.is_not(None), *_by_address(which)]
    conditions += _of_those_known(which)
    if after is not None:
        conditions.append(_p.c.id > after)
    small: list[sa.Select[Any]] = []
    if which.state is PersonState.SUPPRESSED:
        small.append(_suppressed_numbers())
    if which.state is PersonState.SUPPRESSED and mailing_list is None:
        conditions.append(is_suppressed_for_all())
        which = replace(which, state=None)
    if _asks_for_subscription(which):
        conditions.append(_has_subscription(which, mailing_list, after))
        if which.state is not PersonState.SUPPRESSED and (mailing_list or which.state):
            small.append(_numbers_on(mailing_list, which.state))
    if which.tag:
        small.append(
            sa.select(subscriber_tag.c.subscriber_id).where(subscriber_tag.c.tag_id == tag_id)
        )
        conditions.append(_has_tag(tag_id))
    if segment is not None:
        is_in_it, is_begun_with = is_in_segment(connection, segment)
        conditions.append(is_in_it)
        if is_begun_with:
            small.clear()
    if which.changed_since is not None:
        conditions += _changed(connection, which.changed_since, which.among, after)
    return [*conditions, *begin_with_few(connection, small)]


def _of_those_known(which: PeopleFilter) -> list[sa.ColumnElement[bool]]:
    """
    Return the condition that staff limited to some lists see the tags that the filter asks about.
    """
    return [is_known_on(_p.c.id, which.among)] if which.tag and which.among is not None else []


def _by_address(which: PeopleFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if which.begins:
        start = which.begins.lower()
        # "\x7f" sorts after every character that an address key can contain.
        conditions += [_p.c.email_key >= start, _p.c.email_key < start + "\x7f"]
    if which.text:
        text = which.text
        # SQLite compares only ASCII letters without regard to case.
        cases = [text] if text.isascii() else [text, text.lower(), text.upper(), text.title()]
        in_name = sa.or_(
            *(_p.c.name.icontains(case, autoescape=True) for case in dict.fromkeys(cases))
        )
        if which.among is not None:
            in_name = sa.and_(in_name, is_known_on(_p.c.id, which.among))
        conditions.append(sa.or_(_p.c.email_key.contains(text.lower(), autoescape=True), in_name))
    return conditions


def _asks_for_subscription(which: PeopleFilter) -> bool:
    days = which.joined_after or which.joined_before
    return bool(which.list_slug or which.state or which.source or days) or which.among is not None


def _has_subscription(
    which: PeopleFilter, mailing_list: MailingList | None, after: int | None
) -> sa.ColumnElement[bool]:
    """
    Return the condition that the person, whose number is above *after*, has a subscription as the
    filter describes it.
    """
    theirs = sa.select(_s.c.id).where(_s.c.subscriber_id == _p.c.id, *_in_days(which))
    if after is not None:
        # Or PostgreSQL, which merges the two tables, reads the subscriptions of all before them.
        theirs = theirs.where(_s.c.subscriber_id > after)
    if mailing_list is not None:
        theirs = theirs.where(_s.c.list_id == mailing_list.id)
    if which.among is not None:
        theirs = theirs.where(_s.c.list_id.in_(_ids_of(which.among)))
    if which.state is not None:
        theirs = theirs.where(_is_in(which.state, mailing_list))
    if which.source:
        theirs = theirs.where(_has_consent_from(which.source))
    return theirs.correlate(_p).exists()


def _is_in(state: PersonState, mailing_list: MailingList | None) -> sa.ColumnElement[bool]:
    if state is PersonState.ENDED:
        return _s.c.state == _ENDED
    held = is_suppressed(mailing_list)
    if state is PersonState.SUPPRESSED:
        return sa.and_(_s.c.state != _ENDED, held)
    return sa.and_(_s.c.state == state.value, sa.not_(held))


def _has_consent_from(source: str) -> sa.ColumnElement[bool]:
    c = tables.consent
    found = sa.select(c.c.id).where(
        c.c.subscription_id == _s.c.id, c.c.source.istartswith(source, autoescape=True)
    )
    return found.correlate(_s).exists()


def _has_tag(tag_id: int) -> sa.ColumnElement[bool]:
    found = sa.select(subscriber_tag.c.tag_id).where(
        subscriber_tag.c.subscriber_id == _p.c.id, subscriber_tag.c.tag_id == tag_id
    )
    return found.correlate(_p).exists()


def _changed(
    connection: sa.Connection, time: dt.datetime, among: frozenset[str] | None, after: int | None
) -> list[sa.ColumnElement[bool]]:
    """
    Return the conditions that something happened to the person since a time. Few people are begun
    with; many are met soon enough, and a list of all of them would be made for each page.
    """
    begun = list(begin_with_few(connection, [_changed_numbers(time)]))
    if begun and among is None:
        return begun
    return [_has_changed(time, among, after), *begun]


def _has_changed(
    time: dt.datetime, among: frozenset[str] | None, after: int | None
) -> sa.ColumnElement[bool]:
    """
    Return the condition that something happened to the person, whose number is above *after*, since
    a time.
    """
    theirs = sa.select(history.c.id).where(history.c.subscriber_id == _p.c.id, history.c.at >= time)
    if after is not None:
        theirs = theirs.where(history.c.subscriber_id > after)
    if among is None:
        return theirs.correlate(_p).exists()
    own = theirs.where(history.c.list_id.in_(_ids_of(among))).correlate(_p)
    for_all = theirs.where(history.c.list_id.is_(None)).correlate(_p)
    return sa.or_(own.exists(), sa.and_(for_all.exists(), is_known_on(_p.c.id, among)))


def _changed_numbers(time: dt.datetime) -> sa.Select[Any]:
    """
    Select the people to whom something happened since a time, on whichever list.
    """
    return sa.select(history.c.subscriber_id).where(
        history.c.at >= time, history.c.subscriber_id.is_not(None)
    )


def _ids_of(slugs: frozenset[str]) -> sa.Select[Any]:
    lists = tables.mailing_list
    return sa.select(lists.c.id).where(lists.c.slug.in_(sorted(slugs)))


def _in_days(which: PeopleFilter) -> list[sa.ColumnElement[bool]]:
    conditions = []
    if which.joined_after is not None:
        next_day = which.joined_after + dt.timedelta(days=1)
        conditions.append(_s.c.created_at >= _midnight(next_day))
    if which.joined_before is not None:
        conditions.append(_s.c.created_at < _midnight(which.joined_before))
    return conditions


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)


def _suppressed_numbers() -> sa.Select[Any]:
    """
    Select who has a suppression at all.
    """
    x = tables.suppression
    return sa.select(_p.c.id).select_from(x.join(_p, _p.c.email_key == x.c.email_key))


def _numbers_on(mailing_list: MailingList | None, state: PersonState | None) -> sa.Select[Any]:
    """
    Select who may be meant by a list, or by all, and a state, from the index of subscriptions
    alone.
    """
    every = sa.select(tables.mailing_list.c.id)
    on_list = _s.c.list_id.in_(every) if mailing_list is None else _s.c.list_id == mailing_list.id
    numbers = sa.select(_s.c.subscriber_id).where(on_list)
    return numbers if state is None else numbers.where(_s.c.state == state.value)
