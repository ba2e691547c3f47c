"""
The pipeline: start reading here. Each function is one way through it.

    collect_sources  the first step alone
    publish_slot     a slot of a schedule: collect, select the briefs, then as below
    publish_issue    a manual send enters here: render, check, freeze
    publish_approved an issue that is to be approved and sent at once
    queue_test       the test mail of an issue, to typed addresses
    resume           what a dead process left unfinished, and what is due now

Workers send what is frozen (`delivery`). No other module orders the steps.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from newsletter.errors import NewsletterError, Refused, SettingsError, SourceError, is_temporary
from newsletter.ingest import collect
from newsletter.issues.approval import approve_and_send
from newsletter.issues.context import PublishingContext
from newsletter.issues.deadlines import due_issues, enforce_deadlines
from newsletter.issues.drafts import SlotTaken, create_issues_for_slot, test_issue_from
from newsletter.issues.preflight import default_override
from newsletter.issues.release import leave_out_odd_briefs, release, return_to_draft
from newsletter.issues.rendering import RenderedIssue
from newsletter.issues.review import ask_editors
from newsletter.model import issue_refusals
from newsletter.model.issue import Issue, IssueKind, IssueState
from newsletter.model.schedule import Schedule, SlotOutcome
from newsletter.model.source import CollectReport, SourceSettings
from newsletter.scheduling.firing import end_without_issue, resume_slot
from newsletter.store.content import sources
from newsletter.store.issues import issues
from newsletter.store.scheduling import schedules
from newsletter.store.scheduling.schedules import SlotRow
from subscribers.errors import SubscribersError

logger = logging.getLogger(__name__)


def collect_sources(context: PublishingContext, names: Sequence[str]) -> list[CollectReport]:
    """
    Poll each named source and return what was decided about its items, in order.

    Raises:
        NotFound: there is no source of one of the names.
    """
    with context.database.read() as connection:
        wanted = [sources.find_source(connection, name) for name in names]
    return [_collect_source(context, settings) for settings in wanted]


def _collect_source(context: PublishingContext, settings: SourceSettings) -> CollectReport:
    context.on_step(f"collect {settings.name}")
    now = context.clock()
    try:
        source = context.open_source(settings)
    except SettingsError as error:
        # A missing secret fails this source only; the schedule continues with the others.
        return collect.save_failure(context.database, settings, SourceError(str(error)), now)
    return collect.collect_source(
        context.database,
        settings,
        source,
        sandbox=context.reading_sandbox,
        illustrator=context.illustrator,
        now=now,
    )


def publish_slot(context: PublishingContext, fired: SlotRow, *, waits: bool = True) -> None:
    """
    Create the issues of a slot that fired and send them, or end the slot with a reason.

    With *waits*, a brief that has just come or changed keeps the slot open for a while.
    """
    with context.database.read() as connection:
        rule = schedules.load_schedule(connection, fired.schedule_id)
    if rule is None:
        return
    try:
        collect_sources(context, rule.sources)
        made = create_issues_for_slot(context, rule, fired, waits=waits)
    except Exception as error:
        if is_temporary(error):
            extra = {"event": "slot.deferred", "schedule": rule.name}
            message = "the run of schedule %s for %s waits for the database: %s"
            logger.warning(message, rule.name, fired.slot.wall, error, extra=extra)
            return
        _end_failed(context, rule, fired, error)
        return
    made_issues = ", ".join(f"issue {issue_id}" for issue_id in made) or "no issue"
    extra = {"event": "slot.finished", "schedule": rule.name}
    message = "the run of schedule %s for %s created %s"
    logger.info(message, rule.name, fired.slot.wall, made_issues, extra=extra)
    with context.database.read() as connection:
        found = [issues.load_issue(connection, issue_id) for issue_id in made]
    for issue in found:
        if issue.state is IssueState.FREEZING:
            _send_unattended(context, issue)


def _end_failed(
    context: PublishingContext, rule: Schedule, fired: SlotRow, error: Exception
) -> None:
    name, wall = rule.name, fired.slot.wall
    if isinstance(error, SlotTaken):
        message = "another process finished the run of schedule %s for %s"
        logger.info(message, name, wall, extra={"event": "slot.resumed", "schedule": name})
        return
    is_expected = isinstance(error, NewsletterError | SubscribersError)
    extra = {"event": "slot.failed", "schedule": name}
    message = "the run of schedule %s for %s failed: %s"
    logger.error(message, name, wall, error, extra=extra, exc_info=not is_expected)
    with context.database.write() as connection:
        failed, now = SlotOutcome.FAILED, context.clock()
        end_without_issue(connection, rule, fired, failed, reason=str(error), now=now)


def publish_issue(
    context: PublishingContext,
    issue_id: int,
    *,
    override_reason: str | None = None,
    rendered: RenderedIssue | None = None,
) -> int:
    """
    Render, check and freeze the issue, and return the number of recipients. From then on it is
    being sent. *override_reason* is why it is sent in spite of warnings. *rendered* is the
    rendering they were found in; it is frozen unless the issue was edited since.

    Raises:
        Refused: it lacks a valid approval, a check found an error, or it was already sent.
        TemplateError, MergeError: it cannot be rendered; the issue is as it was.
    """
    with context.database.read() as connection:
        issue = issues.load_issue(connection, issue_id)
    if issue.kind is IssueKind.NOTICE:
        return ask_editors(context, issue)
    return release(context, issue, override_reason=override_reason, rendered=rendered)


def queue_test(context: PublishingContext, issue_id: int, addresses: Sequence[str]) -> int:
    """
    Send the issue's mail, marked [Test], to *addresses*, and return the number of the test issue.

    Raises:
        Refused: no address was given, or a check found an error; the test is then cancelled.
    """
    if not addresses:  # Without an address it would go to the readers of the lists.
        raise Refused(issue_refusals.test_needs_address(issue_id))
    with context.database.write() as connection:
        issue = issues.load_issue(connection, issue_id)
        test = test_issue_from(issue, addresses)
        test_id = issues.add_issue(connection, test, (), now=issue.created_at or context.clock())
    try:
        publish_issue(context, test_id)
    except NewsletterError as error:
        with context.database.write() as connection:
            issues.try_move(connection, test_id, IssueState.CANCELLED, pause_reason=str(error))
        raise
    return test_id


def publish_approved(
    context: PublishingContext, issue_id: int, *, by: str, approver: str | None = None
) -> str:
    """
    Approve the issue as it is now, freeze it, and return the hash that was approved.

    Raises:
        Refused: it was no longer a draft; or it cannot be sent, and is a draft again.
    """
    approved = approve_and_send(context, issue_id, by=by, approver=approver)
    with context.database.read() as connection:
        before = issues.load_issue(connection, issue_id)
    _send_unattended(context, before)
    with context.database.read() as connection:
        after = issues.load_issue(connection, issue_id)
    if after.state is IssueState.DRAFT:
        raise Refused(issue_refusals.cannot_be_sent(issue_id, after.pause_reason))
    return approved


def resume(context: PublishingContext) -> None:
    """
    Finish what a dead process left unfinished, and send the issues that are due.
    """
    now = context.clock()
    enforce_deadlines(context)
    scheduled = due_issues(context)
    with context.database.read() as connection:
        open_slots = schedules.unfinished_slots(connection)
        freezing = issues.issues_in(connection, [IssueState.FREEZING])
    for fired in open_slots:
        if fired.is_resumable(now) and resume_slot(context.database, fired, now=now):
            publish_slot(context, fired)
    for issue in [*freezing, *scheduled]:
        _send_unattended(context, issue)


def _send_unattended(context: PublishingContext, issue: Issue) -> None:
    """
    Send an issue automatically. If it cannot be sent, it becomes a draft with the reason.
    """
    try:
        publish_issue(context, issue.id, override_reason=default_override(context, issue))
    except Exception as error:
        if is_temporary(error):
            extra = {"event": "issue.deferred", "issue_id": issue.id}
            logger.warning("issue %s waits for the database: %s", issue.id, error, extra=extra)
            return
        is_expected = isinstance(error, NewsletterError | SubscribersError)
        if is_expected and leave_out_odd_briefs(context, issue):
            _send_unattended(context, issue)
        elif return_to_draft(context, issue, str(error)) or not is_expected:
            extra = {"event": "issue.failed", "issue_id": issue.id}
            message = "issue %s cannot be sent: %s"
            logger.error(message, issue.id, error, extra=extra, exc_info=not is_expected)
