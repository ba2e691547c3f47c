"""
The road, as code: start reading here. Each function is one way to travel it.

    collect_sources the first step alone
    publish_slot    a schedule's slot: collect, assemble, then as below
    publish_issue   a manual send enters here: render, freeze
    queue_test      one issue's test mail to typed addresses, through the same pipeline
    queue_notice    a mail that is no issue, through the same pipeline
    resume          whatever a process that died left half-way

Handing over (`dispatch`) is done by whoever claims a batch; nothing else orders the steps.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from newsletter.delivery import freeze as prepare
from newsletter.errors import NewsletterError, Refused, SettingsError, SourceError, StoreError
from newsletter.ingest import collect
from newsletter.issues import review as reviewing
from newsletter.issues.approval import approve_and_send
from newsletter.issues.context import PublishingContext
from newsletter.issues.deadlines import enforce_deadlines
from newsletter.issues.drafts import SlotTaken, create_issues_for_slot, resume_slot, test_issue_from
from newsletter.issues.notices import BATCH_SIZE, render_notice
from newsletter.issues.preflight import default_override
from newsletter.issues.release import begin_freezing, release
from newsletter.issues.rendering import RenderedIssue
from newsletter.model.issue import Issue, IssueKind, IssueState
from newsletter.model.mail import Message
from newsletter.model.schedule import Schedule, SlotOutcome
from newsletter.model.source import CollectReport, SourceSettings
from newsletter.store.content import sources
from newsletter.store.issues import issues, reviews
from newsletter.store.scheduling import schedules
from newsletter.store.scheduling.schedules import SlotRow
from subscribers.errors import SubscribersError

logger = logging.getLogger(__name__)

# How late a manual send may begin before a person is asked again.
LATEST_MANUAL = dt.timedelta(hours=2)


def collect_sources(context: PublishingContext, names: Sequence[str]) -> list[CollectReport]:
    """
    What a poll of each named source decided, in order.

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
        # A secret that is missing is this source's trouble, and no schedule's.
        return collect.save_failure(context.database, settings, SourceError(str(error)), now)
    return collect.collect_source(
        context.database,
        settings,
        source,
        sandbox=context.sandbox,
        illustrator=context.illustrator,
        now=now,
    )


def publish_slot(context: PublishingContext, fired: SlotRow, *, waits: bool = True) -> None:
    """
    Makes the issue of one fired slot and sends it, or ends the slot with the reason why not. A
    brief that only just came or changed holds it open, where it *waits*.
    """
    with context.database.read() as connection:
        rule = schedules.load_schedule(connection, fired.schedule_id)
    if rule is None:
        return
    try:
        collect_sources(context, rule.sources)
        made = create_issues_for_slot(context, rule, fired, waits=waits)
    except StoreError as error:
        # The slot stays due, and `resume` takes it up again: nothing is lost by a locked file.
        logger.warning("%s waits: %s", _named(rule, fired), error, extra={"event": "slot.waits"})
        return
    except Exception as error:
        _end_failed(context, rule, fired, error)
        return
    told = ", ".join(f"issue {issue_id}" for issue_id in made) or "no issue"
    logger.info("%s: %s", _named(rule, fired), told, extra={"event": "slot.made"})
    with context.database.read() as connection:
        found = [issues.load_issue(connection, issue_id) for issue_id in made]
    for issue in found:
        if issue.state is IssueState.FREEZING:
            _go_on(context, issue)


def _end_failed(
    context: PublishingContext, rule: Schedule, fired: SlotRow, error: Exception
) -> None:
    name = _named(rule, fired)
    if isinstance(error, SlotTaken):
        logger.info("%s: %s", name, error, extra={"event": "slot.taken_over"})
        return
    is_told = isinstance(error, NewsletterError | SubscribersError)
    told = {"event": "slot.failed"}
    logger.error("%s failed: %s", name, error, extra=told, exc_info=not is_told)
    with context.database.write() as connection:
        schedules.end_slot(connection, fired.id, SlotOutcome.FAILED, reason=str(error))


def _named(rule: Schedule, fired: SlotRow) -> str:
    return f"schedule {rule.name}, slot {fired.slot.wall}"


def publish_issue(
    context: PublishingContext,
    issue_id: int,
    *,
    override_reason: str | None = None,
    rendered: RenderedIssue | None = None,
) -> int:
    """
    Render, check and freeze the issue, which is sending from then on, and return the number of
    recipients. *override_reason* is why it is sent with the warnings that were found; *rendered*
    is the rendering in which they were found, frozen unless the issue was edited since.

    Raises:
        Refused: it was not approved though it must be, the approval is void, a check found what
            blocks it, or it left already.
        TemplateError, MergeError: it cannot be rendered; the issue is as it was.
    """
    with context.database.read() as connection:
        issue = issues.load_issue(connection, issue_id)
    if issue.kind is IssueKind.NOTICE:
        return _ask_editors(context, issue)
    return release(context, issue, override_reason=override_reason, rendered=rendered)


def queue_test(context: PublishingContext, issue_id: int, addresses: Sequence[str]) -> int:
    """
    The number of a test issue, sending now: the same mail, marked [Test], to typed *addresses*.

    Raises:
        Refused: there is no address (without any the lists' readers would be meant), or a check
            found what blocks it. A test that is not sent is cancelled.
    """
    if not addresses:
        raise Refused(f"a test of issue {issue_id} needs an address")
    now = context.clock()
    with context.database.write() as connection:
        issue = issues.load_issue(connection, issue_id)
        test = test_issue_from(issue, addresses)
        test_id = issues.add_issue(connection, test, (), now=issue.created_at or now)
    try:
        publish_issue(context, test_id)
    except NewsletterError as error:
        with context.database.write() as connection:
            issues.try_move(connection, test_id, IssueState.CANCELLED, pause_reason=str(error))
        raise
    return test_id


def queue_notice(
    context: PublishingContext,
    notice: Issue,
    values: Mapping[str, Any],
    *,
    preview: Message | None = None,
    also: Callable[[sa.Connection], None] = lambda connection: None,
) -> int:
    """
    The number of *notice*, sending now: its template filled with *values*, on top of *preview*
    where there is one. One that was never stored (number 0) is stored by the freeze itself, and
    with it what *also* writes, so that a process that dies leaves all of it or nothing.

    Raises:
        TemplateError: it cannot be rendered; nothing was stored.
    """
    context.provider_named(notice.provider)
    mail = render_notice(context, notice, values, preview=preview, nonce=secrets.token_hex(6))
    now = context.clock()
    with context.database.write() as connection:
        also(connection)
        number = notice.id or issues.add_issue(connection, notice, (), now=now)
        prepare.freeze_within(
            connection, replace(notice, id=number), mail, batch_size=BATCH_SIZE, now=now
        )
        context.on_step("notice.before_commit")
    return number


def _ask_editors(context: PublishingContext, notice: Issue) -> int:
    """
    How many editors are asked about the issue that *notice* speaks of: none once it is decided.
    """
    question = reviewing.question_about(context, notice.about or 0)
    if question is None:
        with context.database.write() as connection:
            issues.move_issue(
                connection, notice.id, IssueState.CANCELLED, pause_reason="it was decided before"
            )
        return 0
    if notice.state is not IssueState.FREEZING:
        begin_freezing(context, notice)
    values, preview = question
    queue_notice(context, notice, values, preview=preview)
    return len(notice.audience.addresses)


def publish_approved(context: PublishingContext, issue_id: int, *, by: str) -> str:
    """
    The hash that was approved: the issue as it is now, sent at once, whoever freezes it first.

    Raises:
        Refused: it is no draft any more, or it was approved and cannot be sent.
    """
    approved = approve_and_send(context, issue_id, by=by)
    with context.database.read() as connection:
        issue = issues.load_issue(connection, issue_id)
    _go_on(context, issue)
    with context.database.read() as connection:
        after = issues.load_issue(connection, issue_id)
    if after.state is IssueState.DRAFT:
        raise Refused(f"issue {issue_id} cannot be sent: {after.pause_reason}")
    return approved


def resume(context: PublishingContext) -> None:
    """
    Goes on with what a process that died left half-way, and with issues whose time has come.
    """
    now = context.clock()
    enforce_deadlines(context)
    with context.database.read() as connection:
        open_slots = [
            fired
            for fired in schedules.unfinished_slots(connection)
            if not fired.part and (fired.held_until is None or fired.held_until <= now)
        ]
        freezing = issues.issues_in(connection, [IssueState.FREEZING])
        waiting = issues.issues_in(connection, [IssueState.SCHEDULED])
    for fired in open_slots:
        if resume_slot(context, fired, now):
            publish_slot(context, fired)
    for issue in freezing:
        _go_on(context, issue)
    for issue in waiting:
        if issue.send_at is not None and issue.send_at <= now:
            _send_scheduled(context, issue, now)


def _send_scheduled(context: PublishingContext, issue: Issue, now: dt.datetime) -> None:
    if issue.send_at is not None and now - issue.send_at > LATEST_MANUAL:
        with context.database.write() as connection:
            issues.try_move(connection, issue.id, IssueState.MISSED)
        logger.warning("issue %s missed its time", issue.id, extra={"event": "issue.missed"})
        return
    _go_on(context, issue)


def _go_on(context: PublishingContext, issue: Issue) -> None:
    """
    Sends what needs no person; what cannot be sent waits as a draft with the reason on it.
    """
    try:
        publish_issue(context, issue.id, override_reason=default_override(context, issue))
    except StoreError as error:
        logger.warning("issue %s waits: %s", issue.id, error, extra={"event": "issue.waits"})
    except Exception as error:
        is_told = isinstance(error, NewsletterError | SubscribersError)
        is_held = _hold(context, issue, str(error))
        if is_told and not is_held:
            return
        logger.error(
            "issue %s cannot be sent: %s",
            issue.id,
            error,
            extra={"event": "issue.failed"},
            exc_info=not is_told,
        )


def _hold(context: PublishingContext, issue: Issue, reason: str) -> bool:
    """
    Makes the issue a draft again, if it is as it was found: in another state it is another process
    that sends it, or a person's command that was about to.
    """
    with context.database.write() as connection:
        is_held = issues.try_move(
            connection,
            issue.id,
            IssueState.DRAFT,
            only_from=issue.state,
            pause_reason=reason,
            held_by=None,
            stuck_at=context.clock(),
        )
        if is_held:
            reviews.note_in_slot(connection, issue, f"held as a draft: {reason}")
    return is_held
