"""
Try what a slot of a schedule would send with the briefs that there are now. Nothing is stored, and
the sources are not polled.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from newsletter.errors import MergeError, ReadError, SandboxError, TemplateError
from newsletter.issues.context import PublishingContext
from newsletter.issues.drafts import new_issue
from newsletter.issues.preflight import with_copies
from newsletter.issues.rendering import RenderedIssue, render_for_release
from newsletter.issues.selection import (
    Choice,
    LeftOut,
    Past,
    choose_briefs,
    reasons_against,
    shown,
    template_for,
)
from newsletter.issues.settings.asked_by_lists import AskedByLists, asked_by_audience
from newsletter.issues.settings.merge_fields import staff_fields_in
from newsletter.mail.checks.run import check_mail
from newsletter.model.check import Facts, Finding, Level
from newsletter.model.issue import ChosenBrief
from newsletter.model.schedule import Approval, Schedule, Slot, SlotOutcome
from newsletter.scheduling.settle_window import Hold, hold_for
from newsletter.store.content import briefs, sent_briefs, sources
from newsletter.store.content.briefs import StoredBrief
from newsletter.store.issues.list_settings import AudienceLists
from newsletter.store.issues.preflight import readers_before
from newsletter.store.scheduling.schedules import SlotRow
from subscribers.text.phrases import phrase


@dataclass(frozen=True, kw_only=True)
class TrialSelection:
    """
    The briefs that a slot would take, and those it would not, with the reason for each. `admitted`
    are all that the rule admits, though they may be too few.
    """

    choice: Choice
    admitted: Sequence[StoredBrief]
    left_out: Sequence[tuple[StoredBrief, LeftOut]]


def try_selection(
    connection: sa.Connection,
    rule: Schedule,
    at: dt.datetime,
    *,
    seen_by: dt.datetime | None = None,
) -> TrialSelection:
    """
    Select the briefs for a slot of *rule* that is due *at* that time, with *seen_by* only from
    those that were there then.

    Raises:
        Refused: the patterns of the rule take too long.
    """
    free = briefs.candidates(
        connection,
        sources=rule.sources,
        schedule_id=rule.id,
        readers=rule.readers,
        repeats=rule.repeat,
    )
    if seen_by is not None:
        free = [found for found in free if found.first_seen_at <= seen_by]
    past = Past(
        last_issue_at=sent_briefs.last_issue_at(connection, rule.id),
        singles=sent_briefs.sent_singly(connection, rule.readers),
    )
    failing = sources.failing(connection, rule.sources)
    reasons = reasons_against(rule.rules, free, past, at)
    return TrialSelection(
        choice=choose_briefs(rule.rules, free, past=past, failing=failing, now=at),
        admitted=[found for found in free if reasons[found.id] is None],
        left_out=[
            (found, why)
            for found in free
            if (why := reasons[found.id]) is not None and past.is_news(found)
        ],
    )


@dataclass(frozen=True, kw_only=True)
class SlotWaits:
    """
    What the issue of a slot would wait for: new briefs that have to settle, an approval, the
    release of lists.
    """

    hold: Hold | None
    needs_approval: bool
    held_lists: Sequence[str]


def waits_of_slot(
    connection: sa.Connection,
    rule: Schedule,
    slot: Slot,
    chosen: Sequence[StoredBrief],
    *,
    lists: AudienceLists,
    readers: int,
) -> SlotWaits:
    """
    Return what the issue of a slot with the *chosen* briefs would wait for. *lists* are those of
    the rule, and *readers* how many it would go to.
    """
    known = {source.name: source for source in sources.all_sources(connection)}
    fired = SlotRow(
        id=0,
        schedule_id=rule.id,
        slot=slot,
        part="",
        outcome=SlotOutcome.DUE,
        reason="",
        issue_id=None,
        fired_at=slot.due,
    )
    return SlotWaits(
        hold=hold_for(chosen, known, rule=rule, fired=fired, now=slot.due),
        needs_approval=is_approved_first(rule, asked_by_audience(lists), readers),
        held_lists=[
            each.slug
            for each, own in zip(lists.lists, lists.settings, strict=True)
            if own.held_reason is not None
        ],
    )


def is_approved_first(rule: Schedule, asked: AskedByLists, readers: int) -> bool:
    """
    Return True if the issues of *rule* wait for an approval: by its own rule, or because its lists
    ask for it, or for a second person for so many *readers*.
    """
    return rule.approval is not Approval.AUTO or asked.holds(readers)


@dataclass(frozen=True, kw_only=True)
class TrialMail:
    """
    The subject of the issue that a slot would make, and what the check finds in it.
    """

    subject: str | None
    findings: Sequence[Finding]


def try_mail(
    context: PublishingContext,
    rule: Schedule,
    choice: Choice,
    *,
    lists: AudienceLists,
    readers: int,
) -> TrialMail:
    """
    Render and check the issue that would be made of *choice*; with one issue for each brief, the
    first of them. *lists* are those of the rule.
    """
    chosen = _chosen(rule, choice)
    with context.database.read() as connection:
        draft = new_issue(
            context,
            connection,
            audience=rule.readers,
            template=template_for(rule.template, len(chosen)),
            sender_address=rule.sender,
            fallback_provider=rule.fallback_provider,
            lists=lists,
        )
    issue = replace(draft, schedule_id=rule.id, slot="")
    try:
        rendered = render_for_release(context, issue, lists=lists, chosen=chosen, only_to_show=True)
    except (TemplateError, SandboxError, ReadError, MergeError) as error:
        failed = Finding("rendering", Level.ERROR, str(error), phrase("template"))
        return TrialMail(subject=None, findings=[failed])
    found = _check(context, rendered, readers=readers)
    return TrialMail(subject=rendered.mail.subject, findings=found)


def _chosen(rule: Schedule, choice: Choice) -> list[ChosenBrief]:
    taken = choice.briefs[-1:] if rule.each else choice.briefs
    forms = shown([found.id for found in taken], rule.rules.show, lead=rule.rules.show_lead)
    return [
        ChosenBrief(
            brief_id=found.id,
            shown_as=shown_as,
            brief=found.brief,
            heading=None if rule.each else choice.headings.get(found.id),
        )
        for found, (_, shown_as) in zip(taken, forms, strict=True)
    ]


def _check(context: PublishingContext, rendered: RenderedIssue, *, readers: int) -> list[Finding]:
    issue, mail, content = rendered.issue, rendered.mail, rendered.content
    with context.database.read() as connection:
        facts = Facts(
            is_on_this_machine=context.is_on_this_machine(issue.provider),
            base_url=content.site.base_url,
            postal_address=content.site.postal_address,
            today=context.clock().date(),
            has_intro=False,
            readers=readers,
            readers_before=readers_before(connection, issue),
            staff_fields=staff_fields_in(connection, mail),
        )
    shown_briefs = with_copies(content.briefs, content.images)
    return check_mail(mail, shown_briefs, facts, sandbox=context.sandbox)
