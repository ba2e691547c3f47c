"""
Release an issue: render it once, check it, compare it with its approval, and freeze what was
rendered. If it cannot be sent unattended, leave out the briefs that are the reason.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import replace

import sqlalchemy as sa

from newsletter.delivery.freeze import ContentChanged, EmptyAudience, freeze
from newsletter.errors import Refused
from newsletter.issues.approval import check_approval
from newsletter.issues.context import PublishingContext
from newsletter.issues.preflight import odd_briefs, render_and_check, run_preflight
from newsletter.issues.rendering import RenderedIssue, render_for_release
from newsletter.mail.size.budget import mail_bytes, value_bytes
from newsletter.model.brief import BriefStatus
from newsletter.model.check import Level, of_level
from newsletter.model.delivery import Capabilities, batch_size
from newsletter.model.issue import Issue, IssueState
from newsletter.model.outgoing import OutgoingKind
from newsletter.scheduling.quiet_hours import NoTimeToSend
from newsletter.store.content.briefs import set_status
from newsletter.store.delivery.failover import set_fallback_provider
from newsletter.store.issues import issues, reviews
from newsletter.store.issues.list_holds import ListHeld
from newsletter.store.issues.preflight import held_briefs
from newsletter.store.outgoing.issue_events import add_issue_event
from subscribers.text.phrases import joined, phrase

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
        Refused: it lacks a valid approval, a check found an error, it has no readers, one of its
            lists is held, quiet hours leave no time to send it, or it was already sent.
        TemplateError, MergeError: it cannot be rendered; the issue is as it was.
    """
    # Checked first, before the issue's state changes, because these may refuse it.
    capabilities = context.provider_named(issue.provider).capabilities
    if issue.fallback_provider is not None:
        context.fallback_provider(issue.fallback_provider, primary=issue.provider)
    if rendered is not None and (rendered.issue != issue or rendered.only_to_show):
        rendered = None
    for _ in range(RENDERINGS):
        rendered = rendered or render_for_release(context, issue)
        try:
            return _freeze(context, rendered, capabilities, override_reason=override_reason)
        except ContentChanged:
            _step_back(context, issue)
            rendered = None
        except (EmptyAudience, ListHeld, NoTimeToSend):
            _step_back(context, issue)
            raise
    raise Refused(
        phrase("the briefs of issue {issue} keep changing: send it again later", issue=issue.id)
    )


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
        add_issue_event(
            connection,
            OutgoingKind.ISSUE_SCHEDULED,
            issue.id,
            now=context.clock(),
            send_at=at.isoformat(),
        )


def _freeze(
    context: PublishingContext,
    rendered: RenderedIssue,
    capabilities: Capabilities,
    *,
    override_reason: str | None,
) -> int:
    issue, mail = rendered.issue, rendered.mail
    audience = check_approval(context, issue, mail)
    run_preflight(context, issue, mail, override_reason=override_reason)
    if issue.state is not IssueState.FREEZING:
        begin_freezing(context, issue)
    context.on_step("freeze.before")
    return freeze(
        context.database,
        replace(issue, audience=audience),
        mail,
        shown=rendered.shown,
        batch_size=batch_size(capabilities, mail_bytes(mail), value_bytes=value_bytes(mail)),
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
            raise Refused(
                phrase(
                    "issue {issue} was edited just now: check it and send it again", issue=issue.id
                )
            )


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
            kind, now = OutgoingKind.ISSUE_FAILED, context.clock()
            add_issue_event(connection, kind, issue.id, now=now, reason=str(reason))
            reviews.note_in_slot(
                connection, issue, phrase("stays a draft: {reason}", reason=reason)
            )
    return is_draft


def leave_out_before_review(context: PublishingContext, draft: Issue) -> None:
    """
    Leave the briefs that stop a scheduled *draft* out of it, before its editors are asked. The
    reason is shown to them.
    """
    if draft.schedule_id is None or draft.state is not IssueState.DRAFT:
        return
    _, found = render_and_check(context, draft)
    if of_level(found, Level.ERROR):
        _leave_out(context, draft)


def leave_out_odd_briefs(context: PublishingContext, issue: Issue) -> bool:
    """
    Take out of the issue each brief that could not be sent on its own either, and hold it. Return
    False, and change nothing, if there is none, or if nothing would be left.

    The reason is in the slot and at the brief. An issue that a person approves stays as it is.
    """
    if issue.schedule_id is None or issue.needs_approval:
        return False
    return _leave_out(context, issue)


def _leave_out(context: PublishingContext, issue: Issue) -> bool:
    with context.database.read() as connection:
        chosen = issues.chosen_briefs(connection, issue.id)
        held = held_briefs(connection, issue.id)
    faults = odd_briefs(context, issue)
    rest = [brief for brief in chosen if brief.brief_id not in faults]
    if not faults or not rest:
        return False
    # The first that is left takes the place of the lead.
    rest[0] = replace(rest[0], shown_as=chosen[0].shown_as)
    notes = [
        phrase("brief {brief} left out: {fault}", brief=brief_id, fault=fault)
        for brief_id, fault in faults.items()
    ]
    with context.database.write() as connection:
        if issues.load_issue(connection, issue.id) != issue:
            return False
        issues.set_briefs(
            connection,
            issue.id,
            [(brief.brief_id, brief.shown_as) for brief in rest],
            headings={brief.brief_id: brief.heading for brief in rest[1:] if brief.heading},
        )
        for brief_id, fault in faults.items():
            why = phrase("left out of issue {issue}: {fault}", issue=issue.id, fault=fault)
            # One that is held already keeps its reason.
            if brief_id not in held:
                set_status(connection, [brief_id], BriefStatus.HELD, reason=why)
        for note in notes:
            reviews.note_in_slot(connection, issue, note)
        if issue.state is IssueState.DRAFT:
            issues.edit_issue(connection, issue.id, pause_reason=joined("; ", notes))
    for brief_id, fault in faults.items():
        extra = {"event": "brief.left_out", "issue_id": issue.id, "brief_id": brief_id}
        message = "brief %s is left out of issue %s: %s"
        logger.warning(message, brief_id, issue.id, fault, extra=extra)
    return True


def set_fallback(
    context: PublishingContext, connection: sa.Connection, issue_id: int, name: str
) -> IssueState:
    """
    Let the issue fail over to the provider *name*, or to none, and return the issue's state.

    Raises:
        NotFound: there is no such issue.
        SettingsError: that provider cannot continue what the provider of the issue began.
    """
    issue = issues.load_issue(connection, issue_id)
    provider = context.fallback_provider(name, primary=issue.provider)
    set_fallback_provider(connection, issue_id, provider)
    return issue.state
