"""
The page on which staff add a person.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.people import subscribers
from newsletter.actions.people.newsroom import choices
from newsletter.errors import Refused
from newsletter.model.access import Permission
from newsletter.web.admin.field_errors import invalid_email, invalid_name
from newsletter.web.admin.people.people_pages import PEOPLE
from newsletter.web.admin.people.person_pages import path_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from subscribers.errors import InvalidAddress, InvalidText

NEW = f"{PEOPLE}/new"
_FIELDS = ("email", "name", "list", "consent", "resubscribe")


class NewPersonPage:
    """
    The page of one App for a new person.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the route of this page.
        """
        return [self.staff_routes.page(NEW, needs=Needs.SESSION, show=self.show, submit=self.add)]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Ask for the person.
        """
        return self._form(staff_request)

    def add(self, staff_request: StaffRequest) -> Response:
        """
        Add the person to a list, and show them.
        """
        _, typed = staff_request.words.gettext, staff_request.typed
        consent = typed.one("consent").strip()
        try:
            made, person = subscribers.add(
                self.app,
                typed.one("email"),
                typed.one("list"),
                by=staff_request.actor,
                name=typed.one("name").strip(),
                consent=consent or None,
                resubscribe=bool(consent) and typed.one("resubscribe") == "yes",
            )
        except InvalidAddress:
            return self._form(staff_request, invalid_email(staff_request))
        except InvalidText:
            return self._form(staff_request, invalid_name(staff_request))
        except Refused:
            text = _(
                "They left this list. If they agreed again since, say how, and tick the box below."
            )
            return self._form(staff_request, FieldError(name="consent", text=text))
        if made.state == "active":
            text, kind = _("They are on the list."), "good"
        else:
            text = _("They are on the list, and get no issue until they confirm. You can ask them.")
            kind = "warn"
        return self.pages.done(staff_request.request, path_of(person.id), text, kind=kind)

    def _form(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        by = staff_request.actor
        offered = choices.show(self.app, by=by)
        return self.pages.page(
            staff_request.request,
            "people/new.html",
            section="people",
            logged_in=staff_request.logged_in,
            errors=errors,
            typed={name: staff_request.typed.one(name) for name in _FIELDS},
            lists=[(each.slug, each.name) for each in offered.lists],
            can_add=Permission.PEOPLE_WRITE in by.permissions,
        )
