"""
What an editor is told about an issue, by mail and on the review page: what it holds, who gets it,
and what happens without an answer.

`pipeline` makes the mail of it, `web.review` the page.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from newsletter.errors import NewsletterError, Refused, StoreError
from newsletter.issues.approval import REVIEWABLE, ApprovalView, view_for_approval
from newsletter.issues.context import PublishingContext
from newsletter.issues.deadlines import describe_default_action, in_words, wall_in_words
from newsletter.issues.notices import ASKS_EDITORS
from newsletter.mail.render import fill_for_nobody
from newsletter.model.issue import AudienceRule, Issue, IssueState
from newsletter.model.mail import MergeField, Message
from newsletter.store.issues import issues, reviews
from newsletter.store.scheduling import schedules
from subscribers.lists import find_list
from subscribers.validation.address import parse_address


@dataclass(frozen=True, kw_only=True)
class Review:
    """
    One issue as an editor sees it. `seen` is None once nobody can decide any more, and while it
    cannot be rendered: then `problem` says why.
    """

    issue: Issue
    schedule: str
    to: str
    promise: str
    sent_later: str = ""
    seen: ApprovalView | None = None
    problem: str | None = None

    @property
    def is_open(self) -> bool:
        """
        Whether a person still decides.
        """
        return self.issue.state in REVIEWABLE

    @property
    def is_held(self) -> bool:
        """
        Whether somebody, or its deadline, said that only a person sends it.
        """
        return self.issue.state is IssueState.DRAFT and self.issue.held_by is not None


def review_of(context: PublishingContext, issue_id: int) -> Review:
    """
    The issue as it stands now.

    Raises:
        NotFound: there is no such issue.
    """
    with context.database.read() as connection:
        issue = issues.load_issue(connection, issue_id)
        found = issue.schedule_id
        rule = schedules.load_schedule(connection, found) if found else None
        to = _audience_words(connection, issue.audience)
    timezone = rule.timezone if rule else "UTC"
    review = Review(
        issue=issue,
        schedule=f"{rule.name}, {_slot_words(issue.slot, timezone)}" if rule else "none any more",
        to=to,
        promise=describe_default_action(issue, timezone),
        sent_later=in_words(issue.send_at, timezone) if issue.send_at else "",
    )
    return _with_mail(context, review) if review.is_open else review


def _with_mail(context: PublishingContext, review: Review) -> Review:
    try:
        return replace(review, seen=view_for_approval(context, review.issue.id))
    except StoreError:
        raise
    except NewsletterError as error:
        return replace(review, problem=str(error))


def _audience_words(connection: sa.Connection, rule: AudienceRule) -> str:
    names = [find_list(connection, slug).name for slug in rule.lists]
    without = [find_list(connection, slug).name for slug in rule.minus]
    return ", ".join(names) + (f", without {', '.join(without)}" if without else "")


def _slot_words(wall: str | None, timezone: str) -> str:
    return wall_in_words(dt.datetime.fromisoformat(wall), timezone) if wall else timezone


def question_about(
    context: PublishingContext, issue_id: int
) -> tuple[dict[str, Any], Message] | None:
    """
    What the templates of the mail to the editors know, beside the site, and the preview below it;
    None once there is nothing to decide.

    Raises:
        Refused: the issue cannot be rendered.
    """
    review = review_of(context, issue_id)
    if review.problem is not None:
        raise Refused(f"the mail to its editors cannot be made: {review.problem}")
    if review.seen is None:
        return None
    preview = preview_of(context, review.seen)
    return _mail_values(review, review.seen, preview.subject), preview


def _mail_values(review: Review, seen: ApprovalView, subject: str) -> dict[str, Any]:
    return {
        "issue_subject": subject,
        "schedule": review.schedule,
        "to": review.to,
        "readers": seen.readers,
        "promise": review.promise,
        "review_url": MergeField("review_url"),
    }


def preview_of(context: PublishingContext, seen: ApprovalView) -> Message:
    """
    The mail as it would leave, filled for nobody. Its page in the browser is not there yet.
    """
    return fill_for_nobody(seen.mail, own_url=context.links.view(seen.issue.id))


def editor_for(connection: sa.Connection, delivery_id: int) -> tuple[str, int] | None:
    """
    The address and the issue of one editor's link; None when it is no such link, or the person is
    no editor of the schedule any more.
    """
    row = reviews.editor_of(connection, delivery_id, ASKS_EDITORS)
    if row is None:
        return None
    made_by = issues.load_issue(connection, row.issue_id).schedule_id
    rule = schedules.load_schedule(connection, made_by) if made_by else None
    editors = {parse_address(address).key for address in rule.editors} if rule else set()
    return (row.email, row.issue_id) if row.email_key in editors else None
