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
from newsletter.issues.preflight import with_copied_images
from newsletter.issues.rendering import render_unsaved
from newsletter.issues.selection import (
    Choice,
    LeftOut,
    Past,
    choose_briefs,
    reasons_against,
    shown,
    template_for,
)
from newsletter.issues.settings.list_identity import site_of_issue
from newsletter.issues.settings.merge_fields import staff_fields_in
from newsletter.mail.checks.run import check_mail
from newsletter.model.check import Facts, Finding, Level
from newsletter.model.issue import ChosenBrief, Issue
from newsletter.model.mail import Mail
from newsletter.model.schedule import Approval, Schedule, Slot, SlotOutcome
from newsletter.scheduling.settle_window import Hold, hold_for
from newsletter.store.content import briefs, sent_briefs, sources
from newsletter.store.content.briefs import StoredBrief
from newsletter.store.issues.list_holds import held_lists
from newsletter.store.issues.list_settings import requiring_approval
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
    connection: sa.Connection, rule: Schedule, slot: Slot, chosen: Sequence[StoredBrief]
) -> SlotWaits:
    """
    Return what the issue of a slot with the *chosen* briefs would wait for.
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
    held = held_lists(connection)
    asking = requiring_approval(connection, rule.audience.lists)
    return SlotWaits(
        hold=hold_for(chosen, known, rule=rule, fired=fired, now=slot.due),
        needs_approval=is_approved_first(rule, asking),
        held_lists=[slug for slug in rule.audience.lists if slug in held],
    )


def is_approved_first(rule: Schedule, asking: Sequence[str]) -> bool:
    """
    Return True if the issues of *rule* wait for an approval: by its own rule, or because lists are
    *asking* for one.
    """
    return bool(asking) or rule.approval is not Approval.AUTO


@dataclass(frozen=True, kw_only=True)
class TrialMail:
    """
    The subject of the issue that a slot would make, and what the check finds in it.
    """

    subject: str | None
    findings: Sequence[Finding]


def try_mail(
    context: PublishingContext, rule: Schedule, choice: Choice, *, readers: int
) -> TrialMail:
    """
    Render and check the issue that would be made of *choice*; with one issue for each brief, the
    first of them.
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
        )
    issue = replace(draft, schedule_id=rule.id, slot="")
    try:
        mail = render_unsaved(context, issue, chosen)
    except (TemplateError, SandboxError, ReadError, MergeError) as error:
        failed = Finding("rendering", Level.ERROR, str(error), phrase("template"))
        return TrialMail(subject=None, findings=[failed])
    return TrialMail(
        subject=mail.subject, findings=_check(context, issue, mail, chosen, readers=readers)
    )


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


def _check(
    context: PublishingContext,
    issue: Issue,
    mail: Mail,
    chosen: Sequence[ChosenBrief],
    *,
    readers: int,
) -> list[Finding]:
    with context.database.read() as connection:
        site = site_of_issue(context, connection, issue)
        shown_briefs = with_copied_images(connection, chosen)
        facts = Facts(
            is_on_this_machine=context.is_on_this_machine(issue.provider),
            base_url=site.base_url,
            postal_address=site.postal_address,
            today=context.clock().date(),
            has_intro=False,
            readers=readers,
            readers_before=readers_before(connection, issue),
            staff_fields=staff_fields_in(connection, mail),
        )
    return check_mail(mail, shown_briefs, facts, sandbox=context.sandbox)
