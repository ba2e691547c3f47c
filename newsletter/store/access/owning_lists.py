"""
Find the lists that an object belongs to, for staff who are limited to some lists.

An unknown object belongs to none.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from newsletter.model.issue import AudienceRule, IssueState
from newsletter.store.tables import brief, issue, issue_brief, schedule
from subscribers.database.job_tables import file_job
from subscribers.database.segment_tables import segment
from subscribers.database.tables import mailing_list, subscriber, subscription
from subscribers.errors import InvalidText
from subscribers.segments.tokens import split_rule

_CLOSED = (IssueState.SUBMITTED, IssueState.CANCELLED)

Lists = frozenset[str]
NO_LISTS: Lists = frozenset()
_OF_PERSON = (
    sa.select(mailing_list.c.slug)
    .join(subscription, subscription.c.list_id == mailing_list.c.id)
    .join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
    .where(subscriber.c.email_key == sa.bindparam("key"))
)
_SEGMENTS = sa.select(segment.c.name, segment.c.rule, mailing_list.c.slug).outerjoin(
    mailing_list, mailing_list.c.id == segment.c.list_id
)
_BY_NAME = _SEGMENTS.order_by(segment.c.name)


def lists_of_issue(connection: sa.Connection, issue_id: int) -> Lists:
    """
    Return the lists that an issue goes to.
    """
    query = sa.select(issue.c.audience).where(issue.c.id == issue_id)
    found = connection.execute(query).scalar_one_or_none()
    return NO_LISTS if found is None else frozenset(AudienceRule.from_json(found).lists)


def lists_of_schedule(connection: sa.Connection, name: str) -> Lists:
    """
    Return the lists that a schedule's issues go to.
    """
    query = sa.select(schedule.c.audience).where(schedule.c.name == name)
    found = connection.execute(query).scalar_one_or_none()
    return NO_LISTS if found is None else frozenset(AudienceRule.from_json(found).lists)


def lists_of_source(connection: sa.Connection, name: str) -> Lists:
    """
    Return the lists of the schedules that read a source.
    """
    rows = connection.execute(sa.select(schedule.c.audience, schedule.c.sources))
    fed = [AudienceRule.from_json(row.audience).lists for row in rows if name in row.sources]
    return frozenset(itertools.chain.from_iterable(fed))


def lists_of_brief(connection: sa.Connection, brief_id: int) -> Lists:
    """
    Return the lists of a brief's source, and those of the issues that hold it and have not been
    sent.
    """
    query = sa.select(brief.c.source_name).where(brief.c.id == brief_id)
    source_name = connection.execute(query).scalar_one_or_none()
    if source_name is None:
        return NO_LISTS
    open_issues = (
        sa.select(issue.c.audience)
        .join(issue_brief, issue_brief.c.issue_id == issue.c.id)
        .where(issue_brief.c.brief_id == brief_id, issue.c.state.not_in(_CLOSED))
    )
    rules = map(AudienceRule.from_json, connection.execute(open_issues).scalars())
    shown_in = itertools.chain.from_iterable(rule.lists for rule in rules)
    return lists_of_source(connection, source_name).union(shown_in)


def lists_of_person(connection: sa.Connection, email_key: str) -> Lists:
    """
    Return the lists that a person is or was on.
    """
    return frozenset(connection.execute(_OF_PERSON, {"key": email_key}).scalars())


def lists_of_segment(connection: sa.Connection, name: str) -> Lists:
    """
    Return the list that a segment is about, and those that its rule names. One about no list
    belongs to none, because its rule may select anybody.
    """
    found = _segment(connection, name)
    if found is None or found.slug is None:
        return NO_LISTS
    return lists_in_rule(connection, found.rule) | {found.slug}


def lists_of_segments(connection: sa.Connection) -> Mapping[str, Lists]:
    """
    Return the lists of every segment, as `lists_of_segment` does, in two statements: by its name,
    sorted.
    """
    rows = connection.execute(_BY_NAME).all()
    named = {row.name: _named_in(row.rule) for row in rows}
    numbers = frozenset().union(*(issues for _, issues in named.values()))
    of_issues = _lists_of_issues(connection, numbers) if numbers else {}
    return {
        row.name: named[row.name][0].union(
            {row.slug}, *(of_issues.get(number, NO_LISTS) for number in named[row.name][1])
        )
        if row.slug is not None
        else NO_LISTS
        for row in rows
    }


def _segment(connection: sa.Connection, name: str) -> Any:
    return connection.execute(_SEGMENTS.where(segment.c.name == name)).one_or_none()


def lists_in_rule(connection: sa.Connection, rule: str) -> Lists:
    """
    Return the lists that the rule of a segment names, and those of the issues that it names.
    """
    slugs, numbers = _named_in(rule)
    if not numbers:
        return slugs
    return slugs.union(*_lists_of_issues(connection, numbers).values())


def _named_in(rule: str) -> tuple[Lists, frozenset[int]]:
    """
    Return the lists and the numbers of the issues that a rule names.
    """
    try:
        tokens = split_rule(rule)
    except InvalidText:
        return NO_LISTS, frozenset()
    slugs, numbers = set[str](), set[int]()
    for before, token in itertools.pairwise(tokens):
        if before.keyword == "list":
            slugs.add(token.text)
        elif before.keyword == "issue" and token.text.isascii() and token.text.isdigit():
            # The language allows 15 digits.
            numbers.add(int(token.text[:15]))
    return frozenset(slugs), frozenset(numbers)


def _lists_of_issues(connection: sa.Connection, numbers: Collection[int]) -> Mapping[int, Lists]:
    rows = connection.execute(
        sa.select(issue.c.id, issue.c.audience).where(issue.c.id.in_(sorted(numbers)))
    )
    return {row.id: frozenset(AudienceRule.from_json(row.audience).lists) for row in rows}


def lists_of_job(connection: sa.Connection, number: int) -> Lists:
    """
    Return the list of an import or export.
    """
    found = connection.execute(
        sa.select(mailing_list.c.slug)
        .join(file_job, file_job.c.list_id == mailing_list.c.id)
        .where(file_job.c.id == number)
    )
    return frozenset(found.scalars())
