"""
Enforce the deadlines of drafts, describe them to editors, and let a person lift one.

`pipeline.resume` calls this at every tick; each deadline is enforced by one process, once.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.errors import NewsletterError, Refused, StoreError
from newsletter.issues.approval import approval_state
from newsletter.issues.context import PublishingContext
from newsletter.issues.notices import APPROVAL_NOTICE
from newsletter.mail.templating.staff_words import moment_in_words
from newsletter.mail.templating.translations import Translations
from newsletter.model.issue import EDITABLE, DeadlineAction, HeldBy, Issue, IssueState
from newsletter.model.outgoing import OutgoingKind
from newsletter.model.schedule import MisfirePolicy, Schedule
from newsletter.scheduling.misfire import in_minutes
from newsletter.store.delivery.status.decisions import has_reached_nobody
from newsletter.store.issues import issues, reviews
from newsletter.store.issues.list_settings import requiring_approval
from newsletter.store.outgoing.issue_events import add_issue_event
from newsletter.store.scheduling import schedules
from subscribers.text.phrases import phrase

logger = logging.getLogger(__name__)

# How long after its scheduled time an issue is still sent without asking again.
LATEST_MANUAL = dt.timedelta(hours=2)
# The words for what each deadline does.
_DEFAULT_ACTIONS = {
    DeadlineAction.SEND: "deadline_send",
    DeadlineAction.SKIP: "deadline_skip",
    DeadlineAction.HOLD: "deadline_hold",
}


@dataclass(frozen=True, kw_only=True)
class Decision:
    """
    The state that a draft moves to at its deadline, and the reason.
    """

    to: IssueState
    reason: str


@dataclass(frozen=True, kw_only=True)
class MissingApproval:
    """
    A deadline must not send an issue: *mailing_list* requires approval, or if that is None, the
    issue was edited since it was approved.
    """

    mailing_list: str | None = None

    @property
    def reason(self) -> str:
        """
        Return the reason as it is stored and logged.
        """
        if self.mailing_list is None:
            return phrase("it was edited since it was approved")
        return phrase("list {list} requires approval", list=self.mailing_list)


def due_issues(context: PublishingContext) -> list[Issue]:
    """
    Return the issues whose scheduled time has come, and mark those long overdue as MISSED.
    """
    now = context.clock()
    with context.database.read() as connection:
        scheduled = issues.issues_in(connection, [IssueState.SCHEDULED])
    due = []
    for issue in scheduled:
        if issue.send_at is None or issue.send_at > now:
            continue
        if now - issue.send_at > LATEST_MANUAL:
            _miss(context, issue)
        else:
            due.append(issue)
    return due


def _miss(context: PublishingContext, issue: Issue) -> None:
    with context.database.write() as connection:
        if issues.try_move(connection, issue.id, IssueState.MISSED):
            reason = phrase("it missed its scheduled time")
            kind, now = OutgoingKind.ISSUE_FAILED, context.clock()
            add_issue_event(connection, kind, issue.id, now=now, reason=str(reason))
    extra = {"event": "issue.missed", "issue_id": issue.id}
    logger.warning("issue %s missed its scheduled time and was not sent", issue.id, extra=extra)


def enforce_deadlines(context: PublishingContext) -> None:
    """
    Enforce every deadline that has passed. A draft that is to be sent becomes FREEZING.
    """
    now = context.clock()
    with context.database.read() as connection:
        due = reviews.past_deadline(connection, now)
    for issue in due:
        _enforce(context, issue, now, void=_void_approval(context, issue))


def _void_approval(context: PublishingContext, issue: Issue) -> str | None:
    """
    Return why the approval of *issue* is void; None if it is valid, or there is none.
    """
    if issue.approved_hash is None or issue.at_deadline is not DeadlineAction.SEND:
        return None
    try:
        return approval_state(context, issue)[1] or None
    except StoreError:
        raise
    except NewsletterError as error:
        return str(error)


def _enforce(
    context: PublishingContext, issue: Issue, now: dt.datetime, *, void: str | None
) -> None:
    with context.database.write() as connection:
        decision = _decide_in(connection, issue, now, void=void)
        values: dict[str, Any] = {
            "pause_reason": decision.reason,
            "held_by": HeldBy.DEADLINE if decision.to is IssueState.DRAFT else None,
        }
        if decision.to is IssueState.FREEZING:
            # Without an approval it is sent as it is; one that was given is checked again.
            values["needs_approval"] = False
        if decision.to is IssueState.DRAFT and issue.at_deadline is DeadlineAction.SEND:
            values["stuck_at"] = now
        if not reviews.end_deadline(connection, issue, decision.to, **values):
            return
        reviews.note_in_slot(connection, issue, decision.reason)
        is_cancelled = decision.to is IssueState.CANCELLED
        if is_cancelled or decision.to is IssueState.MISSED or "stuck_at" in values:
            kind = OutgoingKind.ISSUE_CANCELLED if is_cancelled else OutgoingKind.ISSUE_FAILED
            add_issue_event(connection, kind, issue.id, now=now, reason=str(decision.reason))
    logger.warning(
        "the deadline of issue %s passed, and it is now %s: %s",
        issue.id,
        decision.to,
        decision.reason,
        extra={"event": "issue.deadline_passed", "issue_id": issue.id},
    )


def _decide_in(
    connection: sa.Connection, issue: Issue, now: dt.datetime, *, void: str | None
) -> Decision:
    rule = schedules.load_schedule(connection, issue.schedule_id) if issue.schedule_id else None
    if issue.at_deadline is DeadlineAction.SEND:
        obstacle = _obstacle(connection, issue, rule) or void
        if obstacle is not None:
            reason = phrase("held at its deadline: {obstacle}", obstacle=obstacle)
            return Decision(to=IssueState.DRAFT, reason=reason)
    delay = now - issue.deadline if issue.deadline else dt.timedelta(0)
    return decide(issue.at_deadline or DeadlineAction.HOLD, rule, delay=delay)


def _obstacle(connection: sa.Connection, issue: Issue, rule: Schedule | None) -> str | None:
    """
    Return why the issue must not be sent without a decision, or None.
    """
    if rule is None:
        return phrase("its schedule was removed")
    if rule.is_paused:
        return phrase("its schedule is paused")
    if has_reached_nobody(connection, issue.id, APPROVAL_NOTICE):
        return phrase("no email could be sent to its editors")
    missing = lacks_approval(connection, issue)
    return missing.reason if missing else None


def lacks_approval(connection: sa.Connection, issue: Issue) -> MissingApproval | None:
    """
    Return why a deadline must not send *issue* without an approval, or None. One that was given
    once says that somebody looks at this issue, so an edit after it waits for that person.
    """
    if strict := requiring_approval(connection, issue.audience.lists):
        return MissingApproval(mailing_list=strict[0])
    _, approved = issues.load_with_approved_text(connection, issue.id)
    return MissingApproval() if approved is not None and issue.approved_hash is None else None


def decide(at_deadline: DeadlineAction, rule: Schedule | None, *, delay: dt.timedelta) -> Decision:
    """
    Decide what happens at a deadline that is enforced *delay* after its time. The misfire limit of
    the schedule counts only if the issue would be sent.
    """
    if at_deadline is DeadlineAction.HOLD:
        reason = phrase("held: nobody decided by the deadline, so someone has to send it")
        return Decision(to=IssueState.DRAFT, reason=reason)
    if at_deadline is DeadlineAction.SKIP:
        reason = phrase("cancelled: not approved by its deadline")
        return Decision(to=IssueState.CANCELLED, reason=reason)
    if (
        rule is not None
        and delay > rule.misfire_limit
        and rule.misfire_policy is not MisfirePolicy.SEND
    ):
        limit = in_minutes(rule.misfire_limit)
        late = phrase(
            "its deadline was handled {delay} late, and the limit is {limit}",
            delay=in_minutes(delay),
            limit=limit,
        )
        if rule.misfire_policy is MisfirePolicy.SKIP:
            reason = phrase("cancelled: {why}", why=late)
            return Decision(to=IssueState.CANCELLED, reason=reason)
        reason = phrase("{why}: waiting for a decision", why=late)
        return Decision(to=IssueState.MISSED, reason=reason)
    reason = phrase("not approved, but sent at its deadline")
    return Decision(to=IssueState.FREEZING, reason=reason)


def hold_issue(
    context: PublishingContext, issue_id: int, *, by: str, states: Iterable[IssueState] = EDITABLE
) -> None:
    """
    Make the issue a draft that only a person can send, and lift its deadline.

    Raises:
        NotFound: there is no such issue.
        Refused: its state is not one of *states*.
    """
    reason = phrase("put on hold by {name}", name=by)
    with context.database.write() as connection:
        issue = issues.load_issue(connection, issue_id)
        if not reviews.hold_issue(connection, issue_id, states, reason=reason):
            raise Refused(
                phrase(
                    "issue {issue} is {state} and cannot be put on hold: see `newsletter "
                    "issue status {issue}`",
                    issue=issue_id,
                    state=issue.state,
                )
            )
        reviews.note_in_slot(connection, issue, reason)


def describe_default_action(
    connection: sa.Connection, issue: Issue, timezone: str, words: Translations
) -> str:
    """
    Return when the deadline of the issue is, in *timezone*, and what happens then.
    """
    if issue.deadline is None or issue.at_deadline is None:
        return words.fill("deadline_none")
    moment = moment_in_words(words, issue.deadline, timezone)
    if issue.at_deadline is DeadlineAction.SEND:
        missing = lacks_approval(connection, issue)
        if missing is not None and missing.mailing_list is not None:
            return words.fill("deadline_list", moment=moment, list=missing.mailing_list)
        if missing is not None:
            return words.fill("deadline_edited", moment=moment)
    return words.fill(_DEFAULT_ACTIONS[issue.at_deadline], moment=moment)
