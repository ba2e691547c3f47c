"""
Issues that need a second person: somebody who did not change them last has to approve them.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.delivery.freeze import count_audience
from newsletter.model.issue import AudienceRule, Issue, IssueKind
from newsletter.store.issues.issues import brief_changers
from newsletter.store.issues.list_settings import second_person_limit


def second_person_reason(
    connection: sa.Connection, issue: Issue, rule: AudienceRule, *, now: dt.datetime
) -> str | None:
    """
    Return why *issue* needs the approval of somebody who did not change it last: it goes to more
    readers than one of its lists allows without one. Return None if it does not need that.
    """
    limit = second_person_limit(connection, issue.audience.lists)
    if limit is None or issue.kind is not IssueKind.ISSUE:
        return None
    people = count_audience(connection, rule, now=now)
    if people <= limit:
        return None
    return (
        f"issue {issue.id} goes to more than {limit:,} readers ({people:,}): somebody who did not "
        f"change it last has to approve it: `newsletter issue approve {issue.id}`"
    )


def writers_of(connection: sa.Connection, issue: Issue) -> frozenset[str]:
    """
    Return who cannot be the second person: whoever changed the issue last or, if a schedule made
    it, wrote one of its briefs.
    """
    if issue.changed_by is not None:
        return frozenset({issue.changed_by})
    return brief_changers(connection, issue.id)
