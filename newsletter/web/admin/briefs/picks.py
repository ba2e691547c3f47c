"""
The briefs that are offered for an issue: those that were ticked, new ones, and those that a list
has had, each with what became of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.content import inbox
from newsletter.actions.content.inbox import OfferedChoice
from newsletter.actions.issues.drafts import content as drafts
from newsletter.app import App
from newsletter.model.access import Actor
from newsletter.store.content.briefs import StoredBrief
from newsletter.store.content.inbox import BriefUse
from newsletter.store.issues.list_settings import NamedList
from newsletter.web.admin.briefs.inbox_query import INBOX
from newsletter.web.admin.path_numbers import numbers_in
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages

_MOST_CHARS = 200
# The fields of the forms in which briefs are ticked: that of a new issue, and that of a draft.
FIELDS = ("brief", "add")


@dataclass(frozen=True, kw_only=True)
class Pick:
    """
    A brief that can be ticked. `sent` is the latest issue that one of the lists got it in, `draft`
    one that is not sent yet.
    """

    stored: StoredBrief
    is_ticked: bool
    sent: BriefUse | None
    draft: BriefUse | None

    @classmethod
    def of(cls, offered: OfferedChoice, lists: Sequence[str], *, ticked: Sequence[int]) -> Pick:
        """
        Return the pick of a brief for these *lists*; for none of them, all lists count.
        """
        return cls(
            stored=offered.stored,
            is_ticked=offered.stored.id in ticked,
            sent=offered.sent_to(lists),
            draft=next((each for each in offered.uses if each.sent_at is None), None),
        )


@dataclass(frozen=True, kw_only=True)
class Picks:
    """
    The briefs to pick from, for readers of lists that are called `names`, and the words that they
    were searched for.
    """

    briefs: Sequence[Pick]
    names: Sequence[str]
    find: str

    @classmethod
    def load(
        cls,
        app: App,
        known: Sequence[NamedList],
        *,
        find: str,
        lists: Sequence[str],
        ticked: Sequence[int] = (),
        by: Actor,
    ) -> Picks:
        """
        Load the briefs with all words of *find*. Of *lists*, those that are *known* count.
        """
        find = find.replace("\0", "")[:_MOST_CHARS].strip()
        found = inbox.briefs_to_pick(app, find.split(), picked=ticked, by=by)
        names = {each.slug: each.name for each in known if each.slug in lists}
        return cls(
            briefs=[Pick.of(each, list(names), ticked=ticked) for each in found],
            names=list(names.values()),
            find=find,
        )

    def without(self, numbers: Sequence[int]) -> Sequence[Pick]:
        """
        Return the briefs except those with these *numbers*.
        """
        return [each for each in self.briefs if each.stored.id not in numbers]


class PicksPart:
    """
    The part of a page in which briefs are searched and ticked.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the route of this part.
        """
        return [
            self.staff_routes.page(f"{INBOX}/picks", needs=Needs.SESSION, show=self.show),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the briefs with the words of the query, those that were ticked first.
        """
        asked, by = staff_request.request.query_params, staff_request.actor
        field = next((each for each in FIELDS if each == asked.get("into")), FIELDS[0])
        picks = Picks.load(
            self.app,
            drafts.lists_to_name(self.app, by=by),
            find=asked.get("find", ""),
            lists=asked.getlist("list"),
            ticked=numbers_in(asked.getlist(field)),
            by=by,
        )
        return self.pages.fragment(
            staff_request.request,
            "briefs/parts/picks.html",
            logged_in=staff_request.logged_in,
            into=field,
            picks=picks,
            offered=picks.without(numbers_in(asked.getlist("inside"))),
        )
