"""
The action that shows the next slots of the schedules, and what each would take if it came now.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from newsletter.actions.guard.objects import shared
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.delivery.freeze import count_audience
from newsletter.errors import Refused
from newsletter.issues.selection import Choice, Past, choose_briefs
from newsletter.issues.settings.asked_by_lists import AskedByLists, asked_by
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.schedule import Schedule, Slot
from newsletter.scheduling.firing import upcoming
from newsletter.store.issues.list_settings import named_lists
from newsletter.store.operations.today import coming_briefs
from newsletter.store.operations.today.coming_briefs import EarlierUse, OfferedBrief
from newsletter.store.scheduling import schedules


@dataclass(frozen=True, kw_only=True)
class SlotPreview:
    """
    A slot to come, and the briefs that it would take now. `choice` is None if the rules of the
    schedule cannot be applied; `offered` is how many briefs it chooses from. `lists` are the names
    of its lists, `readers` how many it would go to now (None: not counted), and `beside` the drafts
    by hand to the same readers that have some of these briefs too, with how many. `asked` is what
    its lists ask for before its issue is sent.
    """

    rule: Schedule
    slot: Slot
    choice: Choice | None
    offered: int
    lists: Sequence[str] = ()
    readers: int | None = None
    beside: Mapping[int, int] = field(default_factory=dict)
    asked: AskedByLists = field(default_factory=AskedByLists)


@dataclass(frozen=True, kw_only=True)
class SlotPreviews:
    """
    The next slots, soonest first, every schedule within reach, and the names of lists by slug.
    """

    slots: Sequence[SlotPreview]
    rules: Sequence[Schedule]
    names: Mapping[str, str] = field(default_factory=dict)


@requires(Permission.SCHEDULES_READ, "today.slots", about=shared(ObjectKind.SCHEDULE))
def load(app: App, *, most: int, by: Actor) -> SlotPreviews:
    """
    Return the next slot of each of the *most* schedules within reach that come next. No source is
    polled.
    """
    now = app.clock()
    with app.database.read() as connection:
        rules = [
            rule for rule in schedules.all_schedules(connection) if by.sees_all(rule.audience.lists)
        ]
        coming = sorted(_next_slots(rules, now), key=lambda each: each[1].due)[:most]
        found = _with_choices(connection, coming)
        named = named_lists(connection) if most else ()
        names = {each.slug: each.name for each in named if by.sees(each.slug)}
        slots = [
            replace(
                each,
                lists=[names.get(slug, slug) for slug in each.rule.audience.lists],
                asked=asked_by(each.rule.audience.lists, named),
            )
            for each in found
        ]
        return SlotPreviews(slots=slots, rules=rules, names=names)


@requires(Permission.SCHEDULES_READ, "today.readers", about=shared(ObjectKind.SCHEDULE))
def count_readers(app: App, rule: Schedule, *, by: Actor) -> int:
    """
    Return how many people an issue of the schedule would go to now.
    """
    with app.database.read() as connection:
        return count_audience(connection, rule.readers, now=app.clock())


def _next_slots(rules: Sequence[Schedule], now: dt.datetime) -> list[tuple[Schedule, Slot]]:
    found = ((rule, upcoming(rule, now=now, count=1)) for rule in rules if not rule.is_paused)
    return [(rule, slots[0]) for rule, slots in found if slots]


def _with_choices(
    connection: sa.Connection, coming: Sequence[tuple[Schedule, Slot]]
) -> list[SlotPreview]:
    rules = [rule for rule, _ in coming]
    sources = {name for rule in rules for name in rule.sources}
    offered = coming_briefs.offered_briefs(connection, sources) if sources else []
    ids = {each.brief.id for each in offered}
    uses = coming_briefs.earlier_uses(connection, ids) if ids else []
    last = coming_briefs.last_issues_at(connection, rules) if ids else {}
    return [_slot(rule, slot, offered, uses, last.get(rule.id)) for rule, slot in coming]


def _slot(
    rule: Schedule,
    slot: Slot,
    offered: Sequence[OfferedBrief],
    uses: Sequence[EarlierUse],
    last: dt.datetime | None,
) -> SlotPreview:
    taken = {use.brief_id for use in uses if use.takes(rule)}
    singles = {use.brief_id: use.created_at for use in uses if use.is_single(rule)}
    past = Past(last_issue_at=last, singles=singles)
    own = {each.brief.id: each.brief for each in offered if each.source in rule.sources}
    free = [found for found in own.values() if found.id not in taken]
    try:
        choice = choose_briefs(rule.rules, free, past=past, now=slot.due)
    except Refused:
        choice = None
    return SlotPreview(
        rule=rule,
        slot=slot,
        choice=choice,
        offered=len(free),
        beside=_drafts_beside(rule, choice, uses) if choice else {},
    )


def _drafts_beside(rule: Schedule, choice: Choice, uses: Sequence[EarlierUse]) -> Counter[int]:
    chosen = {each.id for each in choice.briefs}
    found = (use for use in uses if use.brief_id in chosen and use.is_draft_beside(rule))
    return Counter(use.issue_id for use in found)
