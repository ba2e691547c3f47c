"""
Issues that need a second person: somebody who did not change them last has to approve them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from newsletter.delivery.freeze import audience_lists, count_audience
from newsletter.errors import Refused
from newsletter.model.access import has_account
from newsletter.model.issue import AudienceRule, Issue, IssueKind
from newsletter.store.delivery.freeze import has_more_readers
from newsletter.store.delivery.segments.rules import with_segment_rule
from newsletter.store.issues.issues import brief_changers
from newsletter.store.issues.list_settings import AudienceLists, second_person_limits
from subscribers.errors import SubscribersError
from subscribers.text.phrases import phrase


class NeedsSecondPerson(Refused):
    """
    Raised for an issue that somebody who did not change it last has to approve.
    """


def missing_second_person(
    connection: sa.Connection,
    issue: Issue,
    *,
    now: dt.datetime,
    lists: AudienceLists | None = None,
    readers: int | None = None,
) -> str | None:
    """
    Return why somebody who did not change *issue* last has to approve it: it goes to more readers
    than one of its lists allows without a second person. Return None if one approved it, or need
    not. The *lists* are read, and the *readers* counted, unless they are given.
    """
    if issue.kind is not IssueKind.ISSUE:
        return None
    if lists is None:
        limit = _limit_of(issue.audience, second_person_limits(connection))
    else:
        limit = lists.second_person_limit
    if limit is None or has_second_person(connection, issue):
        return None
    if readers is None:
        rule = with_segment_rule(connection, issue.audience)
        readers = count_audience(connection, rule, now=now)
    if readers <= limit:
        return None
    return phrase(
        "issue {issue} goes to {people:,} readers, and to more than {limit:,} only if somebody "
        "who did not change it last has approved it: `newsletter issue approve {issue}`",
        issue=issue.id,
        people=readers,
        limit=limit,
    )


def has_second_person(connection: sa.Connection, issue: Issue) -> bool:
    """
    Return whether somebody approved *issue* who has an account and did not change it last.
    """
    return _is_second(issue.approved_by, changers_of(connection, [issue])[issue.id])


def _is_second(approver: str | None, changers: frozenset[str]) -> bool:
    return approver is not None and has_account(approver) and approver not in changers


def check_second_person(
    connection: sa.Connection, issue: Issue, approver: str | None, *, now: dt.datetime
) -> None:
    """
    Check that *approver*, the key of a person, may be the second person if *issue* needs one.

    Raises:
        NeedsSecondPerson: they changed it last, or have no account.
    """
    approved = replace(issue, approved_by=approver)
    if reason := missing_second_person(connection, approved, now=now):
        raise NeedsSecondPerson(reason)


def lacking_second_person(
    connection: sa.Connection, found: Sequence[Issue], *, now: dt.datetime
) -> dict[int, frozenset[str]]:
    """
    Return those of the issues that a second person has to approve and none has, by number, each
    with the keys of those who changed it last. Of a large audience only the start is counted.
    """
    limits = second_person_limits(connection)
    limited = {
        issue.id: (issue, limit)
        for issue in found
        if issue.kind is IssueKind.ISSUE
        and (limit := _limit_of(issue.audience, limits)) is not None
    }
    changers = changers_of(connection, [issue for issue, _ in limited.values()])
    known: dict[tuple[AudienceRule, int], bool] = {}
    lacking = {}
    for number, (issue, limit) in limited.items():
        if _is_second(issue.approved_by, changers[number]):
            continue
        key = (issue.audience, limit)
        if key not in known:
            known[key] = _has_more(connection, issue.audience, limit, now=now)
        if known[key]:
            lacking[number] = changers[number]
    return lacking


def changers_of(connection: sa.Connection, found: Sequence[Issue]) -> dict[int, frozenset[str]]:
    """
    Return who cannot be the second person for each of the issues: whoever changed it last or, if a
    schedule made it, wrote one of its briefs.
    """
    made = [issue.id for issue in found if issue.changed_by is None]
    of_briefs = brief_changers(connection, made) if made else []
    return {
        issue.id: frozenset({issue.changed_by})
        if issue.changed_by is not None
        else frozenset(row.changed_by for row in of_briefs if row.issue_id == issue.id)
        for issue in found
    }


def _limit_of(audience: AudienceRule, limits: dict[str, int]) -> int | None:
    return min((limits[slug] for slug in audience.lists if slug in limits), default=None)


def _has_more(
    connection: sa.Connection, audience: AudienceRule, limit: int, *, now: dt.datetime
) -> bool:
    try:
        rule = with_segment_rule(connection, audience)
        lists, minus = audience_lists(connection, rule)
        return has_more_readers(connection, rule, lists, minus, than=limit, now=now)
    except SubscribersError:
        # Its list or segment is gone, which its check says.
        return False
