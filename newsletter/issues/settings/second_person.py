"""
Issues that need a second person: somebody who did not change them last has to approve them.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.delivery.freeze import count_audience
from newsletter.model.issue import Issue, IssueKind
from newsletter.store.delivery.segments.rules import with_segment_rule
from newsletter.store.issues.issues import brief_changers
from newsletter.store.issues.list_settings import AudienceLists, second_person_limit
from subscribers.text.phrases import phrase


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
    if lists is None:
        limit = second_person_limit(connection, issue.audience.lists)
    else:
        limit = lists.second_person_limit
    if limit is None or issue.kind is not IssueKind.ISSUE:
        return None
    if issue.approved_by is not None and issue.approved_by not in _writers_of(connection, issue):
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


def _writers_of(connection: sa.Connection, issue: Issue) -> frozenset[str]:
    """
    Return who cannot be the second person: whoever changed the issue last or, if a schedule made
    it, wrote one of its briefs.
    """
    if issue.changed_by is not None:
        return frozenset({issue.changed_by})
    return brief_changers(connection, issue.id)
