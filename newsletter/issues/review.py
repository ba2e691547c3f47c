"""
Show a draft to its editors by mail and on the review page, with its content, its audience, and what
happens if nobody decides.
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
from newsletter.issues.notices import APPROVAL_NOTICE, queue_notice
from newsletter.issues.release import begin_freezing, leave_out_before_review
from newsletter.mail.render import fill_for_nobody
from newsletter.model.issue import AudienceRule, Issue, IssueState
from newsletter.model.mail import MergeField, Message
from newsletter.store.content import sources
from newsletter.store.issues import issues, reviews
from newsletter.store.scheduling import schedules
from subscribers.lists import find_list
from subscribers.validation.address import parse_address


@dataclass(frozen=True, kw_only=True)
class Review:
    """
    One issue as an editor sees it. `failing` has a line for each source of its schedule that fails
    now, so that something may be missing. `view` is None if it is no longer open or cannot be
    rendered; `problem` then says why.
    """

    issue: Issue
    schedule: str
    audience: str
    default_action: str
    sent_later: str = ""
    failing: tuple[str, ...] = ()
    view: ApprovalView | None = None
    problem: str | None = None

    @property
    def is_open(self) -> bool:
        """
        Return True if a person can still decide about the issue.
        """
        return self.issue.state in REVIEWABLE

    @property
    def is_held(self) -> bool:
        """
        Return True if an editor, a command or the deadline put it on hold.
        """
        return self.issue.state is IssueState.DRAFT and self.issue.held_by is not None


def review_of(context: PublishingContext, issue_id: int) -> Review:
    """
    Describe the issue as it is now.

    Raises:
        NotFound: there is no such issue.
    """
    with context.database.read() as connection:
        issue = issues.load_issue(connection, issue_id)
        found = issue.schedule_id
        rule = schedules.load_schedule(connection, found) if found else None
        to = _audience_words(connection, issue.audience)
        timezone = rule.timezone if rule else "UTC"
        default_action = describe_default_action(connection, issue, timezone)
        failing = sources.failing(connection, rule.sources) if rule else []
    review = Review(
        issue=issue,
        schedule=f"{rule.name}, {_slot_words(issue.slot, timezone)}" if rule else "removed",
        audience=to,
        default_action=default_action,
        failing=tuple(each.line for each in failing),
        sent_later=in_words(issue.send_at, timezone) if issue.send_at else "",
    )
    return _with_mail(context, review) if review.is_open else review


def _with_mail(context: PublishingContext, review: Review) -> Review:
    try:
        return replace(review, view=view_for_approval(context, review.issue.id))
    except StoreError:
        raise
    except NewsletterError as error:
        return replace(review, problem=str(error))


def _audience_words(connection: sa.Connection, rule: AudienceRule) -> str:
    names = [find_list(connection, slug).name for slug in rule.lists]
    without = [find_list(connection, slug).name for slug in rule.minus]
    return ", ".join(names) + (f", except {', '.join(without)}" if without else "")


def _slot_words(wall: str | None, timezone: str) -> str:
    return wall_in_words(dt.datetime.fromisoformat(wall), timezone) if wall else timezone


def ask_editors(context: PublishingContext, notice: Issue) -> int:
    """
    Send the notice that asks editors about a draft, without the briefs that would stop it, and
    return how many are asked.

    If the draft was already decided, the notice is cancelled and nobody is asked.
    """
    with context.database.read() as connection:
        draft = issues.load_issue(connection, notice.parent_id or 0)
    leave_out_before_review(context, draft)
    question = question_for_editors(context, draft.id)
    if question is None:
        with context.database.write() as connection:
            issues.move_issue(
                connection,
                notice.id,
                IssueState.CANCELLED,
                pause_reason="the issue was already decided",
            )
        return 0
    if notice.state is not IssueState.FREEZING:
        begin_freezing(context, notice)
    values, preview = question
    queue_notice(context, notice, values, preview=preview)
    return len(notice.audience.addresses)


def question_for_editors(
    context: PublishingContext, issue_id: int
) -> tuple[dict[str, Any], Message] | None:
    """
    Return the values for the template that asks the editors, and the preview below it; None if
    the issue is no longer open.

    Raises:
        Refused: the issue cannot be rendered.
    """
    review = review_of(context, issue_id)
    if review.problem is not None:
        raise Refused(f"the email to its editors cannot be rendered: {review.problem}")
    if review.view is None:
        return None
    preview = preview_of(context, review.view)
    return _mail_values(review, review.view, preview.subject), preview


def _mail_values(review: Review, view: ApprovalView, subject: str) -> dict[str, Any]:
    return {
        "issue_subject": subject,
        "schedule": review.schedule,
        "to": review.audience,
        "readers": view.readers,
        "default_action": review.default_action,
        "failing": [*review.failing, *_left_out(review.issue)],
        "review_url": MergeField("review_url"),
    }


def _left_out(draft: Issue) -> list[str]:
    """
    Return the line about briefs that were left out of the *draft* before its editors were asked.
    """
    return [draft.pause_reason] if draft.pause_reason else []


def preview_of(context: PublishingContext, view: ApprovalView) -> Message:
    """
    Return the mail as it would be sent, filled in without a recipient. The link to its web page is
    removed, because that page does not exist yet.
    """
    return fill_for_nobody(
        view.mail, own_url=context.links.view(view.issue.id, view.issue.created_epoch)
    )


def editor_for(
    connection: sa.Connection, delivery_id: int, *, epoch: str
) -> tuple[str, int] | None:
    """
    Return the address and the issue number of an editor's link; None if it is not such a link, is
    of another *epoch*, or the person is no longer an editor of the schedule.
    """
    row = reviews.editor_of(connection, delivery_id, APPROVAL_NOTICE)
    if row is None or row.epoch != epoch:
        return None
    made_by = issues.load_issue(connection, row.issue_id).schedule_id
    rule = schedules.load_schedule(connection, made_by) if made_by else None
    editors = {parse_address(address).key for address in rule.editors} if rule else set()
    return (row.email, row.issue_id) if row.email_key in editors else None
