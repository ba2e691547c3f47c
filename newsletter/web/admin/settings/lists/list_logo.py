"""
Upload the logo of a list: the picture is checked and kept as those of briefs are, and its address
and size become those of the list's look.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.content import media
from newsletter.actions.guard.requires import require_permission
from newsletter.actions.people import lists
from newsletter.errors import ReadError
from newsletter.issues.settings.lists import ListValues
from newsletter.model.access import Permission
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.settings.menu import SettingsPages

_LIST = "/admin/lists/{slug}"
# A logo is shown within these pixels; a larger picture is sharper on dense screens.
_MOST_WIDTH, _MOST_HEIGHT = 288, 72


class ListLogoForm:
    """
    The form that uploads the logo of a list of one App.
    """

    def __init__(self, settings: SettingsPages, routes: StaffRoutes) -> None:
        self.pages = settings.pages
        self.app = settings.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the route of this form.
        """
        page = self.staff_routes.page
        return [page(f"{_LIST}/logo", needs=Needs.SESSION, submit=self.upload, back=_LIST)]

    def upload(self, staff_request: StaffRequest) -> Response:
        """
        Store the picture, and show it in the emails of the list.
        """
        _, actor = staff_request.words.gettext, staff_request.actor
        require_permission(actor, Permission.LISTS_WRITE)
        file = staff_request.typed.files.get("picture")
        if file is None:
            return self._done(staff_request, _("Choose a picture first."), "warn")
        base_url = self.app.site.base_url.rstrip("/")
        if not base_url.startswith("https://"):
            text = _("Emails show pictures from https addresses only, and this site has none yet.")
            return self._done(staff_request, text, "warn")
        try:
            image = media.upload(self.app, file.content, by=actor)
        except ReadError as error:
            return self._done(staff_request, line_of(error, staff_request.words), "bad")
        url = f"{base_url}/media/{image.id}"
        brand: dict[str, Any] = {"logo_dark": url}
        if not staff_request.typed.one("dark"):
            width, height = shown_size(image.width, image.height)
            brand = {"logo": url, "logo_width": width, "logo_height": height}
        lists.edit(self.app, _slug(staff_request), ListValues(brand=brand), by=actor)
        return self._done(staff_request, _("The logo is in the emails from now on."), "good")

    def _done(self, staff_request: StaffRequest, text: str, kind: str) -> Response:
        path = _LIST.format(slug=_slug(staff_request))
        return self.pages.done(staff_request.request, path, text, kind=kind)


def _slug(staff_request: StaffRequest) -> str:
    return str(staff_request.request.path_params["slug"])


def shown_size(width: int, height: int) -> tuple[int, int]:
    """
    Return the size at which a picture of that size is shown as a logo: as it is, or smaller.
    """
    scale = min(1.0, _MOST_WIDTH / width, _MOST_HEIGHT / height)
    return max(round(width * scale), 1), max(round(height * scale), 1)
