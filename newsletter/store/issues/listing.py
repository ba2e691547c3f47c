"""
List issues: the latest with the headline of each, and with what the newsroom's list shows of them.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.issue import AudienceRule, Issue, IssueKind, IssueState
from newsletter.model.mail import MergeField, mark_of
from newsletter.model.schedule import Order
from newsletter.store.issues.issues import issue_from_row
from newsletter.store.tables import batch, brief, issue, issue_brief, mail, schedule

# Of the frozen mail only its subject is read: the whole one is a hundred times as long.
FROZEN_SUBJECT = (
    mail.c.mail["subject"].as_string().label("frozen_subject"),
    mail.c.mail["nonce"].as_string().label("frozen_nonce"),
    mail.c.mail["fields"].label("frozen_fields"),
)
_HEADLINE = (
    sa.select(brief.c.fields["title"].as_string())
    .join(issue_brief, issue_brief.c.brief_id == brief.c.id)
    .where(issue_brief.c.issue_id == issue.c.id, issue_brief.c.position == 0)
    .scalar_subquery()
    .label("headline")
)
# Who was sent it again is in a second batch.
_READERS = (
    sa.select(sa.cast(sa.func.sum(batch.c.size), sa.BigInteger))
    .where(batch.c.issue_id == issue.c.id, sa.func.coalesce(batch.c.occasion, 0) == 0)
    .scalar_subquery()
    .label("readers")
)


@dataclass(frozen=True, kw_only=True)
class IssueFilter:
    """
    Which issues a list shows: those in one of `states`, to the list `list_slug`, with a number
    below `before`. What is not given does not narrow it.
    """

    states: frozenset[IssueState] = frozenset()
    list_slug: str = ""
    before: int | None = None


@dataclass(frozen=True, kw_only=True)
class IssueRow:
    """
    An issue in a list. `subject` is the one it was frozen with, or that staff typed; `headline` is
    that of its first brief. `readers` are those it was frozen for, None before. `was_approved`: it
    was once, and may have changed since.
    """

    issue: Issue
    subject: str | None
    headline: str | None
    schedule: str | None
    readers: int | None
    frozen_at: dt.datetime | None
    submitted_at: dt.datetime | None
    was_approved: bool


def latest_issues(
    connection: sa.Connection,
    *,
    most: int | None,
    state: IssueState | None = None,
    is_wanted: Callable[[AudienceRule], bool] | None = None,
) -> list[Issue]:
    """
    Load the newest *most* issues whose audience *is_wanted*, except test mails and notices; with
    *state*, those in it.
    """
    return issues_after(connection, None, most=most, state=state, is_wanted=is_wanted)


def issues_after(
    connection: sa.Connection,
    after: int | None,
    *,
    order: Order = Order.NEWEST,
    most: int | None,
    state: IssueState | None = None,
    is_wanted: Callable[[AudienceRule], bool] | None = None,
) -> list[Issue]:
    """
    Load the issues that come after the number *after* (None: all) in an order, as `latest_issues`
    does.
    """
    number = issue.c.id
    wanted = sa.select(issue).where(*_shown_in(state))
    if after is not None:
        wanted = wanted.where(number < after if order is Order.NEWEST else number > after)
    wanted = wanted.order_by(number.desc() if order is Order.NEWEST else number)
    if is_wanted is None:
        return [issue_from_row(row) for row in connection.execute(wanted.limit(most))]
    found = map(issue_from_row, connection.execute(wanted))
    return list(itertools.islice((each for each in found if is_wanted(each.audience)), most))


def count_issues(
    connection: sa.Connection,
    *,
    state: IssueState | None = None,
    is_wanted: Callable[[AudienceRule], bool] | None = None,
) -> int:
    """
    Return how many issues `issues_after` finds in all.
    """
    if is_wanted is None:
        return connection.scalar(sa.select(sa.func.count()).where(*_shown_in(state))) or 0
    rules = connection.scalars(sa.select(issue.c.audience).where(*_shown_in(state)))
    return sum(is_wanted(AudienceRule.from_json(rule)) for rule in rules)


def _shown_in(state: IssueState | None) -> list[sa.ColumnElement[bool]]:
    conditions = [issue.c.kind == IssueKind.ISSUE]
    return conditions if state is None else [*conditions, issue.c.state == state]


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


def issue_rows(
    connection: sa.Connection,
    which: IssueFilter,
    *,
    most: int,
    is_wanted: Callable[[AudienceRule], bool] | None = None,
) -> list[IssueRow]:
    """
    Load at most *most* issues, the highest number first, whose audience *is_wanted*; no test mails
    and notices.
    """
    wanted = (
        sa.select(issue, schedule.c.name.label("schedule"), *FROZEN_SUBJECT, _HEADLINE, _READERS)
        .outerjoin(mail, mail.c.issue_id == issue.c.id)
        .outerjoin(schedule, schedule.c.id == issue.c.schedule_id)
        .where(issue.c.kind == IssueKind.ISSUE, *_conditions(which))
        .order_by(issue.c.id.desc())
    )
    if is_wanted is None:
        return [_row(each) for each in connection.execute(wanted.limit(most))]
    found = map(_row, connection.execute(wanted))
    return list(itertools.islice((each for each in found if is_wanted(each.issue.audience)), most))


def _conditions(which: IssueFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if which.states:
        found.append(issue.c.state.in_(sorted(which.states)))
    if which.list_slug:
        # The lists are a JSON array, and a slug has no character that JSON or LIKE would escape.
        lists = issue.c.audience["lists"].as_string()
        found.append(lists.contains(f'"{which.list_slug}"', autoescape=True))
    if which.before is not None:
        found.append(issue.c.id < which.before)
    return found


def subject_in(row: sa.Row[Any]) -> str | None:
    """
    Return the subject in a row of an issue with `FROZEN_SUBJECT`: the one it was frozen with, its
    merge fields as staff type them; before the freeze, the one that staff typed.
    """
    text: str | None = row.frozen_subject
    if text is None:
        return issue_from_row(row).subject
    for number, field in enumerate(row.frozen_fields or ()):
        text = text.replace(mark_of(row.frozen_nonce, number), MergeField.from_json(field).typed)
    return text


def _row(row: sa.Row[Any]) -> IssueRow:
    return IssueRow(
        issue=issue_from_row(row),
        subject=subject_in(row),
        headline=row.headline,
        schedule=row.schedule,
        readers=row.readers,
        frozen_at=row.frozen_at,
        submitted_at=row.submitted_at,
        was_approved=row.approved_text is not None,
    )
