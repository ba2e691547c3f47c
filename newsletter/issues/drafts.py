"""
Create issues by hand, or for a schedule's slot from the briefs that `selection` chose.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from newsletter.delivery.freeze import count_audience
from newsletter.errors import NewsletterError, Refused
from newsletter.issues.context import PublishingContext
from newsletter.issues.notices import APPROVAL_NOTICE, new_notice
from newsletter.issues.selection import Choice, Past, choose_briefs, shown, template_for
from newsletter.issues.settings.list_identity import fallback_of_list, provider_of_list
from newsletter.model import choice_words, issue_refusals
from newsletter.model.issue import AudienceRule, Issue, IssueKind, IssueState
from newsletter.model.mail import Sender
from newsletter.model.schedule import Approval, MisfirePolicy, Schedule, SlotOutcome
from newsletter.model.timing import Timing
from newsletter.scheduling.firing import end_without_issue
from newsletter.scheduling.misfire import is_past_limit
from newsletter.scheduling.settle_window import hold_for
from newsletter.store.access.members import removed_among
from newsletter.store.content import briefs, sent_briefs, sources
from newsletter.store.content.briefs import StoredBrief
from newsletter.store.delivery.segments.rules import with_segment_rule
from newsletter.store.issues import issues
from newsletter.store.issues.list_settings import AudienceLists, lists_of_audience
from newsletter.store.scheduling import schedules
from newsletter.store.scheduling.schedules import SlotRow
from subscribers.text.phrases import phrase


def new_issue(
    context: PublishingContext,
    connection: sa.Connection,
    *,
    audience: AudienceRule,
    template: str,
    sender_address: str | None = None,
    fallback_provider: str | None = None,
    lists: AudienceLists | None = None,
) -> Issue:
    """
    Return a draft to be stored, whose *lists* are read unless they are given. It needs approval if
    any of them requires that. Sender, reply-to and providers come from the first, or else from the
    site, unless *sender_address* and *fallback_provider* name others; the latter may be `none`.

    Raises:
        UnknownList, UnknownSegment: a list or the segment of the audience rule does not exist.
        Refused: there is no sender address.
        SettingsError: a provider is not in the settings, or the fallback provider cannot continue
            what the provider began.
    """
    lists = lists or lists_of_audience(connection, audience.lists, audience.minus)
    with_segment_rule(connection, audience)
    own = lists.settings[0]
    provider = provider_of_list(context, lists.lists[0].slug, own)
    found = own.sender or context.default_sender
    if sender_address:
        found = Sender(found.name, sender_address)
    if not found.address:
        raise Refused(phrase("there is no sender address: set [sender] address in newsletter.toml"))
    return Issue(
        id=0,
        kind=IssueKind.ISSUE,
        state=IssueState.DRAFT,
        audience=audience,
        template=template,
        sender=found,
        reply_to=own.reply_to or context.default_reply_to,
        provider=provider,
        fallback_provider=fallback_of_list(context, own, fallback_provider),
        needs_approval=lists.needs_approval,
    )


def test_issue_from(issue: Issue, addresses: Sequence[str]) -> Issue:
    """
    Return the test mail of *issue* to be stored: to typed *addresses*, sent without approval.
    """
    return replace(
        issue,
        kind=IssueKind.TEST,
        state=IssueState.DRAFT,
        audience=replace(issue.audience, addresses=tuple(dict.fromkeys(addresses))),
        parent_id=issue.id,
        needs_approval=False,
        approved_hash=None,
        schedule_id=None,
        slot=None,
        send_at=None,
        deadline=None,
        at_deadline=None,
    )


def create_issues_for_slot(
    context: PublishingContext, rule: Schedule, fired: SlotRow, *, waits: bool
) -> list[int]:
    """
    Store the issues of the slot and the notices to its editors, end the slot in the same
    transaction, and return their numbers.

    No issue is made if the slot is skipped, or if it *waits* for a brief that has just come or
    changed.
    """
    now = context.clock()
    with context.database.write() as connection:
        schedules.lock_slots(connection)
        free = briefs.candidates(
            connection,
            sources=rule.sources,
            schedule_id=rule.id,
            readers=rule.readers,
            repeats=rule.repeat,
        )
        past = Past(
            last_issue_at=sent_briefs.last_issue_at(connection, rule.id),
            singles=sent_briefs.sent_singly(connection, rule.readers),
        )
        failing = sources.failing(connection, rule.sources)
        choice = choose_briefs(rule.rules, free, past=past, failing=failing, now=now)
        if not choice.briefs:
            skipped = SlotOutcome.SKIPPED
            end_without_issue(connection, rule, fired, skipped, reason=choice.reason, now=now)
            return []
        if not count_audience(connection, rule.readers, now=now):
            segment = rule.audience.segment
            nobody = choice_words.no_readers(segment)
            skipped = SlotOutcome.SKIPPED
            end_without_issue(connection, rule, fired, skipped, reason=nobody, now=now)
            return []
        if waits and _hold_open(connection, rule, fired, choice.briefs, now=now):
            return []
        made = [
            _add_scheduled(context, connection, rule, fired, part, choice.headings, now)
            for part in _parts(rule, choice)
        ]
        asked = _add_notices(connection, rule, made, now=now)
        if not schedules.end_slot(
            connection, fired.id, SlotOutcome.ISSUED, reason=choice.reason, issue_id=made[0]
        ):
            raise SlotTaken(issue_refusals.slot_is_taken(fired.slot.wall, rule.name))
    return [*made, *asked]


def _add_notices(
    connection: sa.Connection, rule: Schedule, made: Sequence[int], *, now: dt.datetime
) -> list[int]:
    """
    Store a notice for each draft that asks the editors of the schedule about it, in the transaction
    that stores the drafts. Who was removed from the staff is not asked.
    """
    drafts = [issues.load_issue(connection, issue_id) for issue_id in made]
    gone = removed_among(connection, rule.editors)
    editors = [each for each in rule.editors if each not in gone]
    return [
        issues.add_issue(
            connection,
            new_notice(draft, APPROVAL_NOTICE, editors, parent_id=draft.id),
            (),
            now=now,
        )
        for draft in drafts
        if editors and draft.state is not IssueState.FREEZING
    ]


def _hold_open(
    connection: sa.Connection,
    rule: Schedule,
    fired: SlotRow,
    chosen: Sequence[StoredBrief],
    *,
    now: dt.datetime,
) -> bool:
    known = {source.name: source for source in sources.all_sources(connection)}
    hold = hold_for(chosen, known, rule=rule, fired=fired, now=now)
    if hold is None:
        return False
    until = hold.until.astimezone(ZoneInfo(rule.timezone))
    reason = choice_words.held_open(until, hold.title)
    schedules.hold_slot(connection, fired.id, until=hold.until, reason=reason)
    return True


class SlotTaken(NewsletterError):
    """
    Raised if another process created the issue of the slot first; this transaction is rolled back.
    """


def _add_scheduled(
    context: PublishingContext,
    connection: sa.Connection,
    rule: Schedule,
    fired: SlotRow,
    brief_ids: Sequence[int],
    headings: Mapping[int, str],
    now: dt.datetime,
) -> int:
    part = str(brief_ids[0]) if rule.each else ""
    template = template_for(rule.template, len(brief_ids))
    draft = _scheduled_issue(context, connection, rule, fired, template=template, now=now)
    issue_id = issues.add_issue(
        connection,
        replace(draft, part=part),
        shown(brief_ids, rule.rules.show, lead=rule.rules.show_lead),
        headings={} if rule.each else headings,
        now=now,
    )
    if rule.each:
        schedules.take_slot(
            connection,
            rule.id,
            fired.slot,
            part=part,
            outcome=SlotOutcome.ISSUED,
            reason=phrase("brief {number}", number=part),
            issue_id=issue_id,
            now=now,
        )
    return issue_id


def _scheduled_issue(
    context: PublishingContext,
    connection: sa.Connection,
    rule: Schedule,
    fired: SlotRow,
    *,
    template: str,
    now: dt.datetime,
) -> Issue:
    """
    Return the issue of a slot to be stored: its first state, and its deadline.
    """
    draft = new_issue(
        context,
        connection,
        audience=rule.readers,
        template=template,
        sender_address=rule.sender,
        fallback_provider=rule.fallback_provider,
    )
    needs_approval = draft.needs_approval or rule.approval is not Approval.AUTO
    must_ask = rule.misfire_policy is MisfirePolicy.ASK and is_past_limit(rule, fired, now)
    state = _first_state(must_ask=must_ask, needs_approval=needs_approval)
    has_deadline = rule.approval is Approval.DEADLINE
    return replace(
        draft,
        state=state,
        # An issue past its misfire limit waits for a decision, without a deadline.
        deadline=_deadline(rule, fired, now) if state is IssueState.DRAFT else None,
        at_deadline=rule.at_deadline if has_deadline else None,
        timing=_timing(rule, fired),
        schedule_id=rule.id,
        slot=fired.slot.wall,
        needs_approval=needs_approval,
    )


def _deadline(rule: Schedule, fired: SlotRow, now: dt.datetime) -> dt.datetime | None:
    """
    Return the deadline for the draft of the slot. If it had passed before the draft was made, the
    editors get the full time from now.
    """
    if rule.approval is not Approval.DEADLINE or rule.deadline is None:
        return None
    by_slot = fired.slot.due + rule.deadline
    return by_slot if by_slot > now else now + rule.deadline


def _timing(rule: Schedule, fired: SlotRow) -> Timing | None:
    if not rule.is_local and rule.quiet is None:
        return None
    wall = fired.slot.wall if rule.is_local else None
    return Timing(timezone=rule.timezone, wall=wall, quiet=(rule.quiet,) if rule.quiet else ())


def _parts(rule: Schedule, choice: Choice) -> list[list[int]]:
    """
    Return the brief ids of each issue. With one issue per brief, in the order in which they came.
    """
    if not rule.each:
        return [[found.id for found in choice.briefs]]
    return [
        [brief.id] for brief in sorted(choice.briefs, key=lambda brief: (brief.dated_at, brief.id))
    ]


def _first_state(*, must_ask: bool, needs_approval: bool) -> IssueState:
    """
    Return the state in which an issue is stored. An issue that waits for nobody is FREEZING from
    the start, so that another process resumes it if this one dies.
    """
    if must_ask:
        return IssueState.MISSED
    return IssueState.DRAFT if needs_approval else IssueState.FREEZING
