"""
The page of tags: all that somebody has, and the forms that rename or remove one. A tag may hold any
character, so none stands in a path.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.people import tags
from newsletter.errors import Refused
from newsletter.model.access import Permission
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from newsletter.web.write_pool import WritePool
from subscribers.errors import InvalidText, TagExists

TAGS = "/admin/tags"


class TagPages:
    """
    The page of tags of one App.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes
        # A tag that a million people have is taken from them in a minute.
        self.removals = WritePool(1, 4)

    def routes(self) -> list[Route]:
        """
        Return the routes of this page.
        """
        page, session = self.staff_routes.page, Needs.SESSION
        return [
            page(TAGS, needs=session, show=self.show),
            page(f"{TAGS}/rename", needs=session, submit=self.rename, back=TAGS),
            page(
                f"{TAGS}/remove",
                needs=session,
                submit=self.remove,
                back=TAGS,
                writes=self.removals,
            ),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show every tag, with the number of people who have it.
        """
        return self._page(staff_request)

    def rename(self, staff_request: StaffRequest) -> Response:
        """
        Rename a tag, also in the rules of segments.
        """
        _, typed = staff_request.words.gettext, staff_request.typed
        name, new_name = typed.one("tag"), typed.one("name")
        try:
            renamed = tags.rename(self.app, name, new_name, by=staff_request.actor)
        except TagExists:
            text = _("There is a tag of this name. To join the two, tag the people of one of them.")
            return self._page(staff_request, FieldError(name="name", text=text))
        except (InvalidText, Refused) as error:
            return self._page(
                staff_request, FieldError(name="name", text=line_of(error, staff_request.words))
            )
        count = sum(renamed.values())
        text = staff_request.words.ngettext(
            "The tag of %(n)s person is renamed.",
            "The tag of %(n)s people is renamed.",
            count,
            n=count,
        )
        return self.pages.done(staff_request.request, TAGS, text)

    def remove(self, staff_request: StaffRequest) -> Response:
        """
        Ask whether a tag is to be taken from the people who have it, or do that.
        """
        typed, by = staff_request.typed, staff_request.actor
        name = typed.one("tag")
        count = tags.count_people(self.app, name, by=by)
        if typed.one("expected") != str(count):
            return self._question(staff_request, name, count)
        taken = tags.remove(self.app, name, by=by)
        text = staff_request.words.ngettext(
            "The tag is removed from %(n)s person.",
            "The tag is removed from %(n)s people.",
            taken,
            n=taken,
        )
        return self.pages.done(staff_request.request, TAGS, text)

    def _question(self, staff_request: StaffRequest, name: str, count: int) -> Response:
        return self.pages.page(
            staff_request.request,
            "tags/remove.html",
            section="people",
            logged_in=staff_request.logged_in,
            tag=name,
            count=count,
        )

    def _page(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        typed, by = staff_request.typed, staff_request.actor
        # Tags belong to no list; who is limited to some is told so.
        found = tags.count_all(self.app, by=by) if by.lists is None else None
        return self.pages.page(
            staff_request.request,
            "tags/tags.html",
            section="people",
            logged_in=staff_request.logged_in,
            errors=errors,
            typed={"tag": typed.one("tag"), "name": typed.one("name")},
            found=found,
            may_write=Permission.PEOPLE_WRITE in by.permissions and by.lists is None,
        )
