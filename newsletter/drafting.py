"""
Drafts of issues: by hand, or by the slot of a schedule, with the briefs that are free for it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from newsletter import assemble, prepare
from newsletter.errors import NewsletterError, Refused
from newsletter.model.issue import AudienceRule, Issue, IssueKind, IssueState
from newsletter.model.mail import Sender
from newsletter.model.schedule import Approval, Late, Order, Schedule, SlotOutcome
from newsletter.road import Road
from newsletter.stability import hold_for
from newsletter.store import briefs, issues, publishing, schedules, sources
from newsletter.store.briefs import StoredBrief
from newsletter.store.schedules import SlotRow
from subscribers.lists import find_list


def new_issue(
    road: Road,
    connection: sa.Connection,
    *,
    audience: AudienceRule,
    template: str,
    sender: Sender | None = None,
) -> Issue:
    """
    A draft to be stored: sender, reply-to and approval from its first list, else the site's.

    Raises:
        UnknownList: a list of the audience rule does not exist.
        Refused: nobody said who sends.
    """
    prepare.audience_lists(connection, audience)
    own = publishing.publishing_of(connection, find_list(connection, audience.lists[0]).id)
    found = sender or own.sender or road.default_sender
    if not found.address:
        raise Refused("nobody sends this: set [sender] address in newsletter.toml")
    return Issue(
        id=0,
        kind=IssueKind.ISSUE,
        state=IssueState.DRAFT,
        audience=audience,
        template=template,
        sender=found,
        reply_to=own.reply_to or road.default_reply_to,
        provider=road.default_provider,
        needs_approval=own.needs_approval,
    )


def make_issues(road: Road, rule: Schedule, fired: SlotRow, *, waits: bool) -> list[int]:
    """
    The issues of the slot, written in the same transaction that ends it; none when it is skipped,
    or held open for a brief that only just came or changed (where it *waits*).
    """
    now = road.clock()
    with road.database.write() as connection:
        schedules.wait_turn(connection)
        free = briefs.candidates(
            connection,
            sources=rule.sources,
            schedule_id=rule.id,
            list_slugs=rule.audience.lists,
            repeats=rule.repeat,
        )
        choice = assemble.choose_briefs(rule.rules, free, now=now)
        if choice.skip:
            schedules.end_slot(connection, fired.id, SlotOutcome.SKIPPED, reason=choice.skip)
            return []
        if not prepare.count_audience(connection, rule.audience):
            nobody = "nobody to send to: no active reader on its lists"
            schedules.end_slot(connection, fired.id, SlotOutcome.SKIPPED, reason=nobody)
            return []
        if waits and _is_held(connection, rule, fired, choice.briefs, now=now):
            return []
        chosen = [found.id for found in choice.briefs]
        groups = [[brief_id] for brief_id in _oldest_first(rule, chosen)] if rule.each else [chosen]
        made = [_add_scheduled(road, connection, rule, fired, group, now) for group in groups]
        reason = f"{len(chosen)} brief{'s' if len(chosen) > 1 else ''}"
        if choice.left_over:
            reason += f", {len(choice.left_over)} left for the next"
        if not schedules.end_slot(
            connection, fired.id, SlotOutcome.ISSUED, reason=reason, issue_id=made[0]
        ):
            raise TakenOver(f"slot {fired.slot.wall} of {rule.name} was made by another process")
    return made


def _is_held(
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
    reason = f"held open until {until:%H:%M}: “{hold.title}” only just came or changed"
    schedules.hold_slot(connection, fired.id, until=hold.until, reason=reason)
    return True


class TakenOver(NewsletterError):
    """
    Another process made the slot's issue first; this transaction is rolled back.
    """


def _add_scheduled(
    road: Road,
    connection: sa.Connection,
    rule: Schedule,
    fired: SlotRow,
    brief_ids: Sequence[int],
    now: dt.datetime,
) -> int:
    part = str(brief_ids[0]) if rule.each else ""
    if rule.each:
        schedules.take_slot(
            connection, rule.id, fired.slot, part=part, outcome=SlotOutcome.ISSUED, now=now
        )
    is_late = now - fired.slot.due > rule.latest
    draft = new_issue(
        road,
        connection,
        audience=rule.audience,
        template=assemble.template_for(rule.template, len(brief_ids)),
        sender=Sender(road.default_sender.name, rule.sender) if rule.sender else None,
    )
    needs_approval = draft.needs_approval or rule.approval is Approval.DRAFT
    draft = replace(
        draft,
        state=_first_state(
            must_ask=is_late and rule.late is Late.ASK, needs_approval=needs_approval
        ),
        schedule_id=rule.id,
        slot=fired.slot.wall,
        part=part,
        needs_approval=needs_approval,
    )
    return issues.add_issue(connection, draft, assemble.shown(brief_ids, rule.rules.show), now=now)


def _oldest_first(rule: Schedule, chosen: Sequence[int]) -> Sequence[int]:
    """
    One issue a brief leaves in the order the briefs came.
    """
    return chosen if rule.rules.order is Order.OLDEST else list(reversed(chosen))


def _first_state(*, must_ask: bool, needs_approval: bool) -> IssueState:
    """
    An issue nobody must look at is FREEZING from its first moment, so that a process that dies
    here leaves it to be resumed and not forgotten.
    """
    if must_ask:
        return IssueState.MISSED
    return IssueState.DRAFT if needs_approval else IssueState.FREEZING
