"""
Release an issue: render it once, check it, compare it with its approval, and freeze what was
rendered. If it cannot be sent unattended, leave out the briefs that are the reason.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import replace

from newsletter.delivery.freeze import ContentChanged, EmptyAudience, freeze
from newsletter.errors import NewsletterError, Refused, StoreError
from newsletter.issues.approval import check_approval
from newsletter.issues.context import PublishingContext
from newsletter.issues.preflight import content_errors, run_preflight
from newsletter.issues.rendering import RenderedIssue, render_for_release, render_single
from newsletter.mail.size.budget import mail_bytes
from newsletter.model.brief import BriefStatus
from newsletter.model.delivery import Capabilities, batch_size
from newsletter.model.issue import ChosenBrief, Issue, IssueState
from newsletter.scheduling.quiet_hours import NoTimeToSend
from newsletter.store.content.briefs import set_status
from newsletter.store.issues import issues, reviews

logger = logging.getLogger(__name__)

# How many times an issue is rendered if its briefs keep changing before the freeze.
RENDERINGS = 3


def release(
    context: PublishingContext,
    issue: Issue,
    *,
    override_reason: str | None = None,
    rendered: RenderedIssue | None = None,
) -> int:
    """
    Freeze the issue with the mail it is rendered to, and return the number of recipients.

    An edit of a brief made before the freeze is in the mail, or voids the approval. *rendered*,
    made when the issue was checked, is frozen if it still shows what is stored. *override_reason*
    is why the issue is sent with warnings.

    Raises:
        Refused: it lacks a valid approval, a check found an error, it has no readers, quiet hours
            leave no time to send it, or it was already sent.
        TemplateError, MergeError: it cannot be rendered; the issue is as it was.
    """
    # Checked first, before the issue's state changes, because these may refuse it.
    capabilities = context.provider_named(issue.provider).capabilities
    if issue.fallback_provider is not None:
        context.fallback_provider(issue.fallback_provider, primary=issue.provider)
    if rendered is not None and rendered.issue != issue:
        rendered = None
    for _ in range(RENDERINGS):
        rendered = rendered or render_for_release(context, issue)
        try:
            return _freeze(context, rendered, capabilities, override_reason=override_reason)
        except ContentChanged:
            _step_back(context, issue)
            rendered = None
        except (EmptyAudience, NoTimeToSend):
            _step_back(context, issue)
            raise
    raise Refused(f"the briefs of issue {issue.id} keep changing: send it again later")


def schedule_release(
    context: PublishingContext,
    issue: Issue,
    at: dt.datetime,
    *,
    override_reason: str | None = None,
    rendered: RenderedIssue | None = None,
) -> None:
    """
    Check the issue as it is now, and schedule its release for *at*, when it is rendered again.

    Raises:
        Refused: it lacks a valid approval, a check found an error, or it was already sent.
        TemplateError, MergeError: it cannot be rendered; the issue is as it was.
    """
    rendered = rendered or render_for_release(context, issue)
    check_approval(context, issue, rendered.mail)
    run_preflight(context, issue, rendered.mail, override_reason=override_reason)
    with context.database.write() as connection:
        issues.move_issue(connection, issue.id, IssueState.SCHEDULED, send_at=at)


def _freeze(
    context: PublishingContext,
    rendered: RenderedIssue,
    capabilities: Capabilities,
    *,
    override_reason: str | None,
) -> int:
    issue, mail = rendered.issue, rendered.mail
    check_approval(context, issue, mail)
    run_preflight(context, issue, mail, override_reason=override_reason)
    if issue.state is not IssueState.FREEZING:
        begin_freezing(context, issue)
    context.on_step("freeze.before")
    return freeze(
        context.database,
        issue,
        mail,
        shown=rendered.shown,
        batch_size=batch_size(capabilities, mail_bytes(mail)),
        now=context.clock(),
        on_step=context.on_step,
        has_canary=context.has_canary(issue.provider),
    )


def _step_back(context: PublishingContext, issue: Issue) -> None:
    """
    Move an issue that was not frozen back to the state in which it was read.
    """
    if issue.state is not IssueState.FREEZING:
        with context.database.write() as connection:
            issues.try_move(connection, issue.id, issue.state, only_from=IssueState.FREEZING)


def begin_freezing(context: PublishingContext, issue: Issue) -> None:
    """
    Move the issue to FREEZING if it is still as it was read.

    Raises:
        Refused: it was edited or moved since.
    """
    with context.database.write() as connection:
        issues.move_issue(connection, issue.id, IssueState.FREEZING)
        if replace(issues.load_issue(connection, issue.id), state=issue.state) != issue:
            raise Refused(f"issue {issue.id} was edited just now: check it and send it again")


def return_to_draft(context: PublishingContext, issue: Issue, reason: str) -> bool:
    """
    Make an issue that could not be sent a draft again, and store the reason in the issue and its
    slot.

    Return False if its state changed since it was read: another process or a person handles it.
    """
    with context.database.write() as connection:
        is_draft = issues.try_move(
            connection,
            issue.id,
            IssueState.DRAFT,
            only_from=issue.state,
            pause_reason=reason,
            held_by=None,
            stuck_at=context.clock(),
        )
        if is_draft:
            reviews.note_in_slot(connection, issue, f"stays a draft: {reason}")
    return is_draft


def leave_out_odd_briefs(context: PublishingContext, issue: Issue) -> bool:
    """
    Take out of the issue each brief that could not be sent on its own either, and hold it. Return
    False, and change nothing, if there is none, or if nothing would be left.

    The reason is in the slot and at the brief. An issue that a person approves stays as it is.
    """
    if issue.schedule_id is None or issue.needs_approval:
        return False
    with context.database.read() as connection:
        chosen = issues.chosen_briefs(connection, issue.id)
    faults = {brief.brief_id: _fault(context, issue, brief) for brief in chosen}
    odd = [brief for brief in chosen if faults[brief.brief_id] is not None]
    rest = [brief for brief in chosen if faults[brief.brief_id] is None]
    if not odd or not rest:
        return False
    # The first that is left takes the place of the lead.
    rest[0] = replace(rest[0], shown_as=chosen[0].shown_as)
    with context.database.write() as connection:
        if issues.load_issue(connection, issue.id) != issue:
            return False
        issues.set_briefs(
            connection,
            issue.id,
            [(brief.brief_id, brief.shown_as) for brief in rest],
            headings={brief.brief_id: brief.heading for brief in rest[1:] if brief.heading},
        )
        for brief in odd:
            why = f"left out of issue {issue.id}: {faults[brief.brief_id]}"
            set_status(connection, [brief.brief_id], BriefStatus.HELD, reason=why)
            note = f"brief {brief.brief_id} left out: {faults[brief.brief_id]}"
            reviews.note_in_slot(connection, issue, note)
    for brief in odd:
        extra = {"event": "brief.left_out", "issue_id": issue.id, "brief_id": brief.brief_id}
        message = "brief %s is left out of issue %s: %s"
        logger.warning(message, brief.brief_id, issue.id, faults[brief.brief_id], extra=extra)
    return True


def _fault(context: PublishingContext, issue: Issue, brief: ChosenBrief) -> str | None:
    """
    Return why an issue with only this brief could not be sent; None if it could.
    """
    try:
        mail = render_single(context, issue, brief.brief_id)
        errors = content_errors(context, issue, mail, brief)
    except StoreError:
        raise
    except NewsletterError as error:
        return str(error)
    return f"{errors[0].rule}: {errors[0].message}" if errors else None
