"""
Gather the facts about an issue that the rules of the check need.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import sqlalchemy as sa

from newsletter.delivery.freeze import who_is_missing
from newsletter.issues.context import PublishingContext
from newsletter.issues.settings.list_identity import site_of_issue
from newsletter.issues.status import count_readers
from newsletter.model.check import Facts, TypedPlace
from newsletter.model.issue import Issue, IssueKind, IssueState, Site
from newsletter.store.content import sent_briefs
from newsletter.store.issues.list_settings import AudienceLists
from newsletter.store.issues.preflight import held_briefs_and_test, readers_before
from newsletter.store.scheduling import schedules
from subscribers.text.phrases import phrase

_ENDED = {
    IssueState.SENDING: phrase("already being sent; an issue can be sent only once"),
    IssueState.PAUSED: phrase("already being sent, and paused; an issue can be sent only once"),
    IssueState.SUBMITTED: phrase("already sent; an issue can be sent only once"),
    IssueState.CANCELLED: phrase("cancelled"),
}


def gather_facts(
    context: PublishingContext,
    connection: sa.Connection,
    issue: Issue,
    *,
    site: Site | None = None,
    lists: AudienceLists | None = None,
    readers: int | None = None,
) -> Facts:
    """
    Read what the check needs to know about *issue*. Its *site*, its *lists* and the number of its
    *readers* are read too unless they are given.
    """
    site = site or site_of_issue(context, connection, issue)
    facts = Facts(
        kind=issue.kind,
        is_on_this_machine=context.is_on_this_machine(issue.provider),
        base_url=site.base_url,
        postal_address=site.postal_address,
        today=context.clock().date(),
        has_intro=bool(issue.intro and issue.intro.strip()),
        typed=_typed(issue),
    )
    # A test mail has no readers; the issue itself will have them.
    if issue.kind is IssueKind.TEST:
        return facts
    if readers is None:
        readers = count_readers(connection, issue, lists=lists, now=context.clock())
    if issue.state in _ENDED:
        return replace(facts, readers=readers, ended=_ENDED[issue.state])
    missing = (0, None) if readers else who_is_missing(connection, issue.audience, context.clock())
    held, is_tested = held_briefs_and_test(connection, issue.id)
    return replace(
        facts,
        readers=readers,
        pending=missing[0],
        segment=missing[1],
        readers_before=readers_before(connection, issue),
        sent_briefs=tuple(sorted(sent_before(connection, issue))),
        held_briefs=tuple(held.items()),
        is_tested=issue.slot is not None or is_tested,
    )


def _typed(issue: Issue) -> tuple[tuple[str, str], ...]:
    texts = {
        TypedPlace.SUBJECT: issue.subject,
        TypedPlace.PREHEADER: issue.preheader,
        TypedPlace.INTRO: issue.intro,
    }
    return tuple((place.value, text) for place, text in texts.items() if text)


def sent_before(
    connection: sa.Connection, issue: Issue, *, since: dt.datetime | None = None
) -> set[int]:
    """
    Return the briefs sent to the lists before; none if the issue may repeat them.
    """
    rule = schedules.load_schedule(connection, issue.schedule_id) if issue.schedule_id else None
    if issue.audience.sent_to_issue is not None or (rule is not None and rule.repeat):
        return set()
    sent = sent_briefs.sent_before(connection, issue, since=since)
    if sent and rule is not None and not rule.rules.skip_singles:
        sent -= sent_briefs.sent_singly(connection, issue.audience).keys()
    return sent
