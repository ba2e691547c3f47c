"""
The first page of the settings: the lists, and what else there is.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.operations import list_settings
from newsletter.model.access import Permission
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.settings.menu import SETTINGS, SettingsPages


class SettingsOverview:
    """
    The first page of the settings of one App.
    """

    def __init__(self, settings: SettingsPages, routes: StaffRoutes) -> None:
        self.settings = settings
        self.app = settings.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of this page.
        """
        page = self.staff_routes.page
        return [
            page(SETTINGS, needs=Needs.SESSION, show=self.show),
            page("/admin/lists", needs=Needs.SESSION, show=self.move),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the lists, and what else can be set.
        """
        actor = staff_request.actor
        lists = list_settings.overview(self.app, by=actor)
        own = self.app.settings
        return self.settings.page(
            staff_request,
            "overview",
            here="lists",
            lists=lists,
            held=sum(each.settings.held_reason is not None for each in lists),
            can_add=Permission.LISTS_WRITE in actor.permissions and actor.lists is None,
            sender=own.default_sender,
            provider=own.delivery.provider,
            fallback=own.delivery.fallback_provider,
        )

    def move(self, staff_request: StaffRequest) -> Response:
        """
        Redirect to the page with the lists.
        """
        return self.settings.pages.redirect(SETTINGS)
