"""
Actions that show staff the briefs to choose from, those to pick for an issue, and one brief beside
what its source gave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from newsletter.actions.guard.objects import shared
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.brief import BriefStatus
from newsletter.model.source import SourceSettings
from newsletter.store.content import inbox
from newsletter.store.content.briefs import StoredBrief
from newsletter.store.content.inbox import BriefSides, BriefUse, InboxFilter, InboxPage
from newsletter.store.content.sources import all_sources

EVERY_BRIEF = InboxFilter()
_MOST_OF_EACH = 20
_MOST_PICKED = 100
# New briefs are offered before those that were in an issue, or that somebody holds.
_OFFERED = ((BriefStatus.NEW,), (BriefStatus.USED, BriefStatus.HELD))


@dataclass(frozen=True, kw_only=True)
class BriefInbox:
    """
    One page of briefs, with the issues that each is in, all sources by name, and how many briefs
    each gave, by state.
    """

    page: InboxPage
    uses: Mapping[int, Sequence[BriefUse]]
    sources: Mapping[str, SourceSettings]
    counts: Mapping[str, Mapping[BriefStatus, int]]


@dataclass(frozen=True, kw_only=True)
class OfferedChoice:
    """
    A brief that can be picked, with the issues within reach that it is in, the newest first.
    """

    stored: StoredBrief
    uses: Sequence[BriefUse]

    def sent_to(self, lists: Sequence[str]) -> BriefUse | None:
        """
        Return the latest issue in which one of these *lists* got it; without lists, any list.
        """
        wanted = set(lists)
        return next(
            (
                each
                for each in self.uses
                if each.sent_at is not None and (not wanted or wanted.intersection(each.lists))
            ),
            None,
        )


@requires(Permission.BRIEFS_READ, "brief.inbox", about=shared(ObjectKind.BRIEF))
def inbox_page(
    app: App,
    wanted: InboxFilter = EVERY_BRIEF,
    *,
    beside: int | None = None,
    is_newer: bool = False,
    limit: int,
    by: Actor,
) -> BriefInbox:
    """
    Return the briefs that are *wanted*, at most *limit*, older than the brief *beside* (None: the
    newest), or with *is_newer* those directly before it.
    """
    with app.database.read() as connection:
        page = inbox.load_page(connection, wanted, beside=beside, is_newer=is_newer, most=limit)
        uses = inbox.uses_of(connection, [brief.id for brief in page.briefs])
        return BriefInbox(
            page=page,
            uses=_by_brief(uses, by),
            sources={source.name: source for source in all_sources(connection)},
            counts=inbox.count_by_state(connection),
        )


@requires(Permission.BRIEFS_READ, "brief.compare", about=shared(ObjectKind.BRIEF, "brief_id"))
def compare(app: App, brief_id: int, *, by: Actor) -> BriefSides:
    """
    Return a brief beside what its source gave, with what *by* may see of its issues.

    Raises:
        NotFound: there is no such brief.
    """
    with app.database.read() as connection:
        found = inbox.load_sides(connection, brief_id)
    return replace(found, uses=_by_brief(found.uses, by).get(brief_id, ()))


@requires(Permission.BRIEFS_READ, "brief.choice", about=shared(ObjectKind.BRIEF))
def briefs_to_pick(
    app: App, words: Sequence[str] = (), *, picked: Sequence[int] = (), by: Actor
) -> list[OfferedChoice]:
    """
    Return the briefs that were *picked* and exist, then at most twenty of the newest new ones with
    all *words* in title and text, and as many that are held or were in an issue.
    """
    with app.database.read() as connection:
        found = inbox.find_briefs(connection, picked[:_MOST_PICKED])
        for states in _OFFERED:
            wanted = InboxFilter(states=states, words=tuple(words))
            found += inbox.load_page(connection, wanted, beside=None, most=_MOST_OF_EACH).briefs
        known = {each.id: each for each in found}
        uses = _by_brief(inbox.uses_of(connection, list(known)), by)
    return [OfferedChoice(stored=each, uses=uses.get(each.id, ())) for each in known.values()]


@requires(Permission.BRIEFS_READ, "brief.picked", about=shared(ObjectKind.BRIEF))
def briefs_picked(app: App, numbers: Sequence[int], *, by: Actor) -> list[StoredBrief]:
    """
    Return those of the briefs *numbers* that exist, in this order.
    """
    with app.database.read() as connection:
        return inbox.find_briefs(connection, numbers[:_MOST_PICKED])


def _by_brief(uses: Sequence[BriefUse], by: Actor) -> dict[int, list[BriefUse]]:
    """
    Group what *by* may see of the issues by brief.
    """
    found: dict[int, list[BriefUse]] = {}
    for use in uses:
        if Permission.ISSUES_READ in by.permissions and by.sees_all(use.lists):
            found.setdefault(use.brief_id, []).append(use)
    return found
