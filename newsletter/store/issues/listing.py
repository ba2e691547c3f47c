"""
List the latest issues with the headline of each.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from newsletter.model.issue import AudienceRule, Issue, IssueKind, IssueState
from newsletter.store.issues.issues import issue_from_row
from newsletter.store.tables import brief, issue, issue_brief


def latest_issues(
    connection: sa.Connection,
    *,
    most: int,
    state: IssueState | None = None,
    is_wanted: Callable[[AudienceRule], bool] | None = None,
) -> list[Issue]:
    """
    Load the newest *most* issues whose audience *is_wanted*, except test mails and notices; with
    *state*, those in it.
    """
    return issues_before(connection, None, most=most, state=state, is_wanted=is_wanted)


def issues_before(
    connection: sa.Connection,
    before: int | None,
    *,
    most: int,
    state: IssueState | None = None,
    is_wanted: Callable[[AudienceRule], bool] | None = None,
) -> list[Issue]:
    """
    Load the issues with a number below *before* (None: all), as `latest_issues` does.
    """
    wanted = sa.select(issue).where(issue.c.kind == IssueKind.ISSUE)
    if before is not None:
        wanted = wanted.where(issue.c.id < before)
    if state is not None:
        wanted = wanted.where(issue.c.state == state)
    wanted = wanted.order_by(issue.c.id.desc())
    if is_wanted is None:
        return [issue_from_row(row) for row in connection.execute(wanted.limit(most))]
    found = map(issue_from_row, connection.execute(wanted))
    return list(itertools.islice((each for each in found if is_wanted(each.audience)), most))


def recent_tests(connection: sa.Connection, *, most: int) -> list[Issue]:
    """
    Load the newest *most* test mails.
    """
    wanted = sa.select(issue).where(issue.c.kind == IssueKind.TEST)
    rows = connection.execute(wanted.order_by(issue.c.id.desc()).limit(most))
    return [issue_from_row(row) for row in rows]


def first_headlines(connection: sa.Connection, issue_ids: Sequence[int]) -> dict[int, str]:
    """
    Return the headline of the first brief of each issue; an issue without briefs is left out.
    """
    found = connection.execute(
        sa.select(issue_brief.c.issue_id, brief.c.fields["title"].as_string().label("title"))
        .join(brief, brief.c.id == issue_brief.c.brief_id)
        .where(issue_brief.c.issue_id.in_(issue_ids), issue_brief.c.position == 0)
    )
    return {row.issue_id: row.title for row in found}
