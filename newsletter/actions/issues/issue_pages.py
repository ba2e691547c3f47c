"""
Actions that show issues without rendering an email: a page of them, one as it is stored, and how
many readers it would go to.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.actions.guard.objects import shared, the_issue
from newsletter.actions.guard.requires import requires
from newsletter.actions.issues.issue_details import ListedIssue
from newsletter.app import App
from newsletter.delivery.trace import subject_of
from newsletter.issues.settings.second_person import lacking_second_person
from newsletter.issues.status import count_readers
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.issue import EDITABLE, AudienceRule, ChosenBrief, Issue, IssueState
from newsletter.model.schedule import Order
from newsletter.store.issues.issues import chosen_briefs, load_issue
from newsletter.store.issues.listing import (
    IssueFilter,
    IssueRow,
    count_issues,
    issue_rows,
    issues_after,
)
from newsletter.store.scheduling.schedules import load_schedule
from subscribers.lists import all_slugs


@dataclass(frozen=True, kw_only=True)
class StoredIssue:
    """
    An issue with its briefs and the name of its schedule. `subject` is the one it was sent with or
    that staff typed, `url` its page for browsers.
    """

    issue: Issue
    subject: str | None
    schedule: str | None
    briefs: Sequence[ChosenBrief]
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class IssueLine:
    """
    An issue in a list. `title` is the subject it was sent with or that staff typed, else the
    headline of its first brief; empty if it has neither. `readers` are those it was frozen for,
    None before; `ended_at` is when the last of them had a result. `was_approved`: it was once, and
    may have changed since. `changers` are those who changed it last if a second person has to
    approve it and none has; None if not.
    """

    issue: Issue
    title: str
    schedule: str | None
    readers: int | None
    frozen_at: dt.datetime | None
    ended_at: dt.datetime | None
    was_approved: bool
    changers: frozenset[str] | None


@requires(Permission.ISSUES_READ, "issue.page", about=shared(ObjectKind.ISSUE))
def page(
    app: App,
    *,
    after: int | None,
    order: Order,
    limit: int,
    state: IssueState | None = None,
    by: Actor,
) -> list[ListedIssue]:
    """
    Return at most *limit* issues within reach that come after the number *after* (None: all) in an
    order; with *state*, only those in it.
    """
    wanted = _within_reach(by)
    with app.database.read() as connection:
        found = issues_after(
            connection, after, order=order, most=limit, state=state, is_wanted=wanted
        )
        return ListedIssue.all_of(connection, found)


@requires(Permission.ISSUES_READ, "issue.page_total", about=shared(ObjectKind.ISSUE))
def total(app: App, *, state: IssueState | None = None, by: Actor) -> int:
    """
    Return the number of issues within reach on all pages.
    """
    with app.database.read() as connection:
        return count_issues(connection, state=state, is_wanted=_within_reach(by))


def _within_reach(by: Actor) -> Callable[[AudienceRule], bool] | None:
    """
    Return what says whether somebody sees an issue by its audience; None if they see all.
    """
    return None if by.lists is None else lambda rule: by.sees_all(rule.lists)


@requires(Permission.ISSUES_READ, "issue.rows", about=shared(ObjectKind.ISSUE))
def rows(app: App, which: IssueFilter, *, limit: int, by: Actor) -> list[IssueLine]:
    """
    Return at most *limit* of the issues within reach, the highest number first.
    """
    with app.database.read() as connection:
        found = issue_rows(connection, which, most=limit, is_wanted=_within_reach(by))
        waiting = [each.issue for each in found if each.issue.state in EDITABLE]
        changers = lacking_second_person(connection, waiting, now=app.clock()) if waiting else {}
    return [_line(each, changers.get(each.issue.id)) for each in found]


def _line(row: IssueRow, changers: frozenset[str] | None) -> IssueLine:
    return IssueLine(
        issue=row.issue,
        title=row.subject or row.headline or "",
        schedule=row.schedule,
        readers=row.readers,
        frozen_at=row.frozen_at,
        ended_at=row.submitted_at,
        was_approved=row.was_approved,
        changers=changers,
    )


@requires(Permission.ISSUES_READ, "issue.lists", about=shared(ObjectKind.ISSUE))
def lists_within_reach(app: App, *, by: Actor) -> list[str]:
    """
    Return the slugs of the lists whose issues somebody sees.
    """
    with app.database.read() as connection:
        return [slug for slug in all_slugs(connection) if by.sees(slug)]


@requires(Permission.ISSUES_READ, "issue.content", about=the_issue())
def content(app: App, issue_id: int, *, by: Actor) -> StoredIssue:
    """
    Return an issue as it is stored.

    Raises:
        NotFound: there is no such issue.
    """
    with app.database.read() as connection:
        return _stored(app, connection, issue_id)


def _stored(app: App, connection: sa.Connection, issue_id: int) -> StoredIssue:
    issue = load_issue(connection, issue_id)
    rule = load_schedule(connection, issue.schedule_id) if issue.schedule_id else None
    return StoredIssue(
        issue=issue,
        subject=subject_of(connection, issue),
        schedule=rule.name if rule else None,
        url=app.links.view(issue.id, issue.created_epoch) if issue.is_published else None,
        briefs=chosen_briefs(connection, issue.content_id),
    )


@requires(Permission.ISSUES_READ, "issue.readers", about=the_issue())
def readers(app: App, issue_id: int, *, by: Actor) -> int:
    """
    Count the readers that an issue would go to now, or was frozen with.

    Raises:
        NotFound: there is no such issue.
    """
    with app.database.read() as connection:
        issue = load_issue(connection, issue_id)
        return count_readers(connection, issue, now=app.clock())
