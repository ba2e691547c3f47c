"""
Parse the rules of segments with all that they may name, and select by them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from newsletter.errors import Refused
from newsletter.model.issue import AudienceRule
from newsletter.store.delivery.segments.mailed import QUERIES, WORDS
from newsletter.store.tables import issue
from subscribers.database.tables import subscriber
from subscribers.errors import RuleError
from subscribers.reach import is_known_on
from subscribers.segments.compile import is_selected, select_people
from subscribers.segments.model import AudienceSegment, Mailed, Rule, Segment, tests_of
from subscribers.segments.narrow import within
from subscribers.segments.parse import parse_rule
from subscribers.segments.records import all_segments, find_segment, known_to_rules
from subscribers.text.phrases import phrase

# A generator of pseudo-random numbers (Park and Miller, 1988): neighbours end up far apart.
_FACTOR = 48_271
_MODULUS = 2**31 - 1


def parse_segment_rule(
    connection: sa.Connection, text: str, *, reach: frozenset[str] | None = None
) -> Rule:
    """
    Return the rule in *text*. With *reach*, only the lists with these slugs exist for it, and the
    issues to them.

    Raises:
        RuleError: it is not a rule, or names a field, list or issue that does not exist.
    """
    rule = parse_rule(text, known_to_rules(connection, WORDS, reach=reach))
    for test in _tests_of_issues(rule):
        found = sa.select(issue.c.audience).where(issue.c.id == test.issue_id)
        audience = connection.scalar(found)
        if audience is None or not _is_to(audience, reach):
            raise RuleError(
                test.column,
                phrase(
                    "there is no issue {issue}: see `newsletter issue list`", issue=test.issue_id
                ),
            )
    return rule


def _is_to(audience: Mapping[str, Any], reach: frozenset[str] | None) -> bool:
    lists = AudienceRule.from_json(audience).lists
    return reach is None or (bool(lists) and reach.issuperset(lists))


def _tests_of_issues(rule: Rule) -> Iterator[Mailed]:
    for test in tests_of(rule):
        if isinstance(test, Mailed) and test.issue_id is not None:
            yield test


def parse_stored_rule(connection: sa.Connection, segment: Segment) -> Rule:
    """
    Return the rule of a segment, with its list.

    Raises:
        Refused: it names something that no longer exists.
    """
    return _parse_stored(connection, segment.name, segment.whole_rule)


def require_whole_rule(connection: sa.Connection, segment: Segment) -> None:
    """
    Require that a segment as it was stored in this transaction can be used, with its list.

    Raises:
        Refused: it cannot: with the list its rule is too long, or it names something that no longer
            exists.
    """
    try:
        parse_segment_rule(connection, segment.whole_rule)
    except RuleError as error:
        whole = "" if segment.list_slug is None else phrase(" with its list")
        raise Refused(
            phrase(
                "segment {segment}{whole}: {message}",
                segment=segment.name,
                whole=whole,
                message=error.message,
            )
        ) from error


def count_parts(connection: sa.Connection, rules: Sequence[Rule], *, now: dt.datetime) -> list[int]:
    """
    Count everybody who was not erased, and the people whom each of *rules* selects, in one
    statement.
    """
    everybody = sa.select(subscriber.c.id).where(subscriber.c.erased_at.is_(None))
    selected = (select_people(rule, named=QUERIES, now=now) for rule in rules)
    # Each is a query of its own: for a CASE in one scan of all people, PostgreSQL searches a large
    # list anew for each of them.
    counts = (
        sa.select(sa.func.count()).select_from(people.subquery()).scalar_subquery()
        for people in (everybody, *selected)
    )
    return list(connection.execute(sa.select(*counts)).one())


def rules_selecting(
    connection: sa.Connection, rules: Sequence[Rule], number: int, *, now: dt.datetime
) -> list[bool]:
    """
    Return of each of *rules*, which are few, whether it selects the person of that number, in one
    statement.
    """
    person = subscriber.alias("person")
    tests = (is_selected(rule, person, named=QUERIES, now=now, leads=False) for rule in rules)
    answers = [sa.case((test, 1), else_=0) for test in tests]
    there = sa.and_(person.c.id == number, person.c.erased_at.is_(None))
    row = connection.execute(sa.select(*answers).where(there)).one_or_none()
    return [False] * len(rules) if row is None else list(map(bool, row))


def parse_many(connection: sa.Connection, segments: Sequence[Segment]) -> dict[str, Rule | None]:
    """
    Return the rule of each segment, with its list, by its name, in two statements; None for one
    that names something that no longer exists. An issue that does not exist selects nobody.
    """
    known, found = known_to_rules(connection, WORDS), dict[str, Rule | None]()
    for segment in segments:
        try:
            found[segment.name] = parse_rule(segment.whole_rule, known)
        except RuleError:
            found[segment.name] = None
    return found


def seen_within(reach: frozenset[str] | None, rule: Rule) -> Rule:
    """
    Return the rule as it is answered for staff limited to the lists of *reach*, if they are.
    """
    return rule if reach is None else within(reach, rule)


def sample_people(
    connection: sa.Connection,
    name: str,
    *,
    limit: int,
    now: dt.datetime,
    reach: frozenset[str] | None = None,
) -> list[tuple[str, str]]:
    """
    Return address and name of some people of the segment: in an order that mixes old and new, and
    is the same each time. With *reach*, as staff limited to these lists see them.

    Raises:
        UnknownSegment: there is no such segment.
        Refused: its rule names something that no longer exists.
    """
    inside = segment_subquery(connection, name, now, reach=reach)
    mixed = subscriber.c.id * _FACTOR % _MODULUS
    name_seen: sa.ColumnElement[str] = subscriber.c.name
    if reach is not None:
        name_seen = sa.case((is_known_on(subscriber.c.id, reach), name_seen), else_="")
    wanted = sa.select(subscriber.c.email, name_seen.label("name"))
    wanted = wanted.where(subscriber.c.id.in_(inside))
    rows = connection.execute(wanted.order_by(mixed, subscriber.c.id).limit(limit))
    return [(row.email, row.name) for row in rows]


def segment_subquery(
    connection: sa.Connection,
    name: str,
    now: dt.datetime,
    *,
    reach: frozenset[str] | None = None,
) -> sa.Select[Any]:
    """
    Select the numbers of the people in the segment, as `subscriber_id`; as staff limited to the
    lists of *reach* see it.

    Raises:
        UnknownSegment: there is no such segment.
        Refused: its rule names something that no longer exists.
    """
    rule = seen_within(reach, parse_stored_rule(connection, find_segment(connection, name)))
    return select_people(rule, named=QUERIES, now=now)


def require_rules(connection: sa.Connection) -> None:
    """
    Require that every segment is still valid after what was changed in this transaction.

    Raises:
        Refused: one is not; the line names it, and what it lacks.
    """
    for segment in all_segments(connection):
        try:
            parse_segment_rule(connection, segment.whole_rule)
        except RuleError as error:
            raise Refused(
                phrase(
                    "segment {segment} would no longer be valid ({message}): first change it "
                    "with `newsletter segment edit {segment}`",
                    segment=segment.name,
                    message=error.message,
                )
            ) from error


def with_segment_rule(connection: sa.Connection, audience: AudienceRule) -> AudienceRule:
    """
    Return the audience rule with the rule of its segment as it is now, unless it has one already.

    Raises:
        UnknownSegment: there is no such segment.
    """
    if audience.counted_segment is None or audience.segment_rule is not None:
        return audience
    text = find_segment(connection, audience.counted_segment).whole_rule
    return replace(audience, segment_rule=text)


def segment_of(
    connection: sa.Connection, audience: AudienceRule, *, now: dt.datetime
) -> AudienceSegment | None:
    """
    Return the segment that narrows the audience, by the rule that it was frozen with or else has
    now; None if there is no segment.

    Raises:
        UnknownSegment: there is no such segment.
        Refused: its rule names something that no longer exists.
    """
    resolved = with_segment_rule(connection, audience)
    name, text = resolved.counted_segment, resolved.segment_rule
    if name is None or text is None:
        return None
    rule = _parse_stored(connection, name, text)

    def condition(person: Any) -> sa.ColumnElement[bool]:
        return is_selected(rule, person, named=QUERIES, now=now)

    return AudienceSegment(name=name, condition=condition)


def _parse_stored(connection: sa.Connection, name: str, text: str) -> Rule:
    try:
        return parse_segment_rule(connection, text)
    except RuleError as error:
        raise Refused(
            phrase(
                "segment {name}: {message}; change it with `newsletter segment edit {name}`",
                name=name,
                message=error.message,
            )
        ) from error
