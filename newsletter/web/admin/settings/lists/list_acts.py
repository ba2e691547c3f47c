"""
Hold a list, release it and remove it: the forms at the end of its page.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.people import lists
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.settings.menu import SETTINGS, SettingsPages


class ListActs:
    """
    What staff do with the lists of one App.
    """

    def __init__(self, settings: SettingsPages, routes: StaffRoutes) -> None:
        self.pages = settings.pages
        self.app = settings.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of these forms.
        """
        page, path = self.staff_routes.page, "/admin/lists/{slug}"
        acts = {"hold": self.hold, "release": self.release, "remove": self.remove}
        return [
            page(f"{path}/{name}", needs=Needs.SESSION, submit=submit, back=path)
            for name, submit in acts.items()
        ]

    def hold(self, staff_request: StaffRequest) -> Response:
        """
        Hold the list for the reason that was typed.
        """
        reason = staff_request.typed.one("reason")
        slug = _slug(staff_request)
        paused = lists.hold(self.app, slug, reason=reason, by=staff_request.actor)
        text = staff_request.words.gettext("The list is held: nothing is sent to it.")
        return self._done(staff_request, text, paused)

    def release(self, staff_request: StaffRequest) -> Response:
        """
        Let issues be sent to the list again.
        """
        paused = lists.release(self.app, _slug(staff_request), by=staff_request.actor)
        text = staff_request.words.gettext("The list is released: issues can be sent to it again.")
        return self._done(staff_request, text, paused)

    def remove(self, staff_request: StaffRequest) -> Response:
        """
        Remove a list that nobody was ever on.
        """
        _ = staff_request.words.gettext
        slug = _slug(staff_request)
        if not staff_request.typed.one("sure"):
            text = _("Nothing was removed: tick the box first.")
            return self.pages.done(staff_request.request, f"/admin/lists/{slug}", text, kind="bad")
        removed = lists.remove(self.app, slug, by=staff_request.actor)
        text = _("The list %(name)s is removed.", name=removed.name)
        return self.pages.done(staff_request.request, SETTINGS, text)

    def _done(self, staff_request: StaffRequest, text: str, paused: Sequence[int]) -> Response:
        if paused:
            numbers = ", ".join(map(str, paused))
            more = staff_request.words.ngettext(
                "Issue %(numbers)s is paused.",
                "Issues %(numbers)s are paused.",
                len(paused),
                numbers=numbers,
            )
            text = f"{text} {more}"
        path = f"/admin/lists/{_slug(staff_request)}"
        return self.pages.done(staff_request.request, path, text)


def _slug(staff_request: StaffRequest) -> str:
    return str(staff_request.request.path_params["slug"])
