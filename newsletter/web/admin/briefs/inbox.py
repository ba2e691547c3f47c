"""
The inbox: the briefs by source, what to know about each, and what can be done with several at once.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.content import briefs, sources
from newsletter.actions.content.inbox import BriefInbox, inbox_page
from newsletter.errors import NotFound, Refused
from newsletter.model.access import Permission
from newsletter.model.brief import BriefStatus
from newsletter.model.source import SourceSettings
from newsletter.store.content.briefs import StoredBrief
from newsletter.web.admin.briefs.inbox_query import INBOX, SHOWN, InboxQuery
from newsletter.web.admin.path_numbers import numbers_in
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages

PER_PAGE = 50
_MOST_SOURCES = 1_000


@dataclass(frozen=True, kw_only=True)
class SourceGroup:
    """
    The briefs on a page that one source gave. `source` is None if it was removed, or if the briefs
    were written by hand. `open` is how many of all its briefs are new or held.
    """

    name: str
    source: SourceSettings | None
    open: int
    briefs: Sequence[StoredBrief]


class InboxPages:
    """
    The inbox of one App's newsroom.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        page = self.staff_routes.page
        return [
            page(INBOX, needs=Needs.SESSION, show=self.show),
            page(f"{INBOX}/hold", needs=Needs.SESSION, submit=self.hold),
            page(f"{INBOX}/free", needs=Needs.SESSION, submit=self.free),
            page(f"{INBOX}/pin", needs=Needs.SESSION, submit=self.pin),
            page(f"{INBOX}/read", needs=Needs.SESSION, submit=self.read_sources),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the briefs that the address asks for.
        """
        query = InboxQuery.read(staff_request.request.query_params)
        found = inbox_page(
            self.app,
            query.wanted,
            beside=query.after or query.before,
            is_newer=query.after is not None,
            limit=PER_PAGE,
            by=staff_request.actor,
        )
        return self.pages.page(
            staff_request.request,
            "briefs/inbox.html",
            section="briefs",
            logged_in=staff_request.logged_in,
            query=query,
            inbox=found,
            groups=_grouped(found),
            counts=_by_state(found.counts, query.source),
            totals=_by_state(found.counts, ""),
            failing=[s for s in found.sources.values() if _fails(s)],
            now=self.app.clock(),
            may_write=Permission.BRIEFS_WRITE in staff_request.actor.permissions,
            may_read_sources=Permission.SOURCES_WRITE in staff_request.actor.permissions,
            may_make_issues=Permission.ISSUES_WRITE in staff_request.actor.permissions,
        )

    def hold(self, staff_request: StaffRequest) -> Response:
        """
        Hold the briefs that were picked, all with the reason that was typed.
        """
        picked, reason = self._picked(staff_request), staff_request.typed.one("reason")
        for number in picked:
            briefs.hold(self.app, number, reason=reason, by=staff_request.actor)
        ngettext = staff_request.words.ngettext
        text = ngettext(
            "%(n)s brief is held.", "%(n)s briefs are held.", len(picked), n=len(picked)
        )
        return self._done(staff_request, text if picked else "")

    def free(self, staff_request: StaffRequest) -> Response:
        """
        Free the briefs that were picked, except those that were sent.
        """
        freed = 0
        for number in self._picked(staff_request):
            try:
                briefs.free(self.app, number, by=staff_request.actor)
                freed += 1
            except Refused:
                continue
        ngettext = staff_request.words.ngettext
        text = ngettext("%(n)s brief is free.", "%(n)s briefs are free.", freed, n=freed)
        return self._done(staff_request, text if freed else "")

    def pin(self, staff_request: StaffRequest) -> Response:
        """
        Let the briefs that were picked lead the next issue that takes them.
        """
        picked = self._picked(staff_request)
        for number in picked:
            briefs.set_pinned(self.app, number, pinned=True, by=staff_request.actor)
        text = staff_request.words.ngettext(
            "%(n)s brief leads the next issue that takes it.",
            "%(n)s briefs lead the next issue that takes them.",
            len(picked),
            n=len(picked),
        )
        return self._done(staff_request, text if picked else "")

    def _picked(self, staff_request: StaffRequest) -> list[int]:
        return numbers_in(staff_request.typed.many("brief"))[:PER_PAGE]

    def _done(self, staff_request: StaffRequest, text: str) -> Response:
        query = InboxQuery.read(
            {name: staff_request.typed.one(name) for name in InboxQuery().values}
        )
        if not text:
            text = staff_request.words.gettext("Nothing was changed: pick briefs first.")
            return self.pages.done(staff_request.request, query.path(), text, kind="warn")
        return self.pages.done(staff_request.request, query.path(), text)

    def read_sources(self, staff_request: StaffRequest) -> Response:
        """
        Let the running program poll all sources within the member's reach at once.
        """
        actor, count = staff_request.actor, 0
        for source in sources.page(self.app, after=0, limit=_MOST_SOURCES, by=actor):
            try:
                sources.poll_soon(self.app, source.name, by=actor)
                count += 1
            except (NotFound, Refused):
                # Held, gone, or of a list out of reach.
                continue
        text = staff_request.words.ngettext(
            "%(n)s source is read now. New briefs appear here in a moment.",
            "%(n)s sources are read now. New briefs appear here in a moment.",
            count,
            n=count,
        )
        return self.pages.done(staff_request.request, INBOX, text, kind="good" if count else "warn")


def _fails(source: SourceSettings) -> bool:
    return source.paused_at is None and (source.failures > 0 or not source.is_polled)


def _grouped(found: BriefInbox) -> list[SourceGroup]:
    """
    Return the briefs of a page by source, in the order of the newest of each.
    """
    order = list(dict.fromkeys(brief.source for brief in found.page.briefs))
    by_source = sorted(found.page.briefs, key=lambda brief: order.index(brief.source))
    return [
        SourceGroup(
            name=name,
            source=found.sources.get(name),
            open=sum(
                found.counts.get(name, {}).get(state, 0)
                for state in (BriefStatus.NEW, BriefStatus.HELD)
            ),
            briefs=list(group),
        )
        for name, group in itertools.groupby(by_source, key=lambda brief: brief.source)
    ]


def _by_state(counts: Mapping[str, Mapping[BriefStatus, int]], source: str) -> dict[str, int]:
    """
    Count the briefs of a source, or of all, by state; `all` are those that the inbox shows.
    """
    named = [counts.get(source, {})] if source else list(counts.values())
    found = {state.value: sum(each.get(state, 0) for each in named) for state in BriefStatus}
    return {**found, "all": sum(found[state] for state in SHOWN)}
