"""
The page about the installation: its checks and DNS records at a button, and its settings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.responses import Response
from starlette.routing import Route

from newsletter.isolation.dns import DnsLookup, open_lookup
from newsletter.model.access import ObjectKind, Permission
from newsletter.operations.dns_guide.row import DnsRow
from newsletter.operations.doctor import Check
from newsletter.operations.guarded_checks import check, look_up_dns
from newsletter.operations.ready.missing import not_ready
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.settings.health.check_words import check_words, purpose_words
from newsletter.web.admin.settings.health.shown_settings import shown_sections
from newsletter.web.admin.settings.menu import HEALTH, SettingsPages, require_for_form
from newsletter.web.write_pool import WritePool

_MOST_NAMES = 10


class InstallationPages:
    """
    The page about the installation of one App. DNS records are looked up with *lookup*.
    """

    def __init__(
        self,
        settings: SettingsPages,
        routes: StaffRoutes,
        *,
        lookup: Callable[[], DnsLookup] = open_lookup,
    ) -> None:
        self.lookup = lookup
        self.settings = settings
        self.app = settings.app
        self.staff_routes = routes
        # They wait for providers and name servers, and must not keep others from saving.
        self.checks = WritePool(2, 4)

    def routes(self) -> list[Route]:
        """
        Return the routes of this page.
        """
        page, needs, pool = self.staff_routes.page, Needs.SESSION, self.checks
        return [
            page(HEALTH, needs=needs, show=self.show),
            page(f"{HEALTH}/checks", needs=needs, submit=self.check, back=HEALTH, writes=pool),
            page(f"{HEALTH}/dns", needs=needs, submit=self.look_up, back=HEALTH, writes=pool),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show what is set, and offer the checks.
        """
        actor = staff_request.actor
        require_for_form(actor, Permission.OPERATIONS_READ, ObjectKind.INSTALLATION)
        return self._page(staff_request)

    def check(self, staff_request: StaffRequest) -> Response:
        """
        Run the checks, and show what they found, with the DNS records if they are shown.
        """
        rows = self._rows(staff_request) if staff_request.typed.one("with_dns") else None
        return self._page(staff_request, checks=check(self.app, by=staff_request.actor), rows=rows)

    def look_up(self, staff_request: StaffRequest) -> Response:
        """
        Look the DNS records up, and show what is there, with the checks if they are shown.
        """
        checked = staff_request.typed.one("with_checks")
        return self._page(
            staff_request,
            checks=check(self.app, by=staff_request.actor) if checked else None,
            rows=self._rows(staff_request),
        )

    def _rows(self, staff_request: StaffRequest) -> list[DnsRow]:
        return look_up_dns(
            self.app,
            selectors=_names(staff_request, "selectors"),
            return_paths=_names(staff_request, "return_paths"),
            lookup=self.lookup,
            by=staff_request.actor,
        )

    def _page(
        self,
        staff_request: StaffRequest,
        *,
        checks: Sequence[Check] | None = None,
        rows: Sequence[DnsRow] | None = None,
    ) -> Response:
        typed = staff_request.typed
        return self.settings.page(
            staff_request,
            "health/health",
            here="health",
            action=HEALTH,
            typed={name: typed.one(name) for name in ("selectors", "return_paths")},
            checks=checks,
            missing=not_ready(self.app),
            failing=sum(not each.ok for each in checks or ()),
            names=check_words(staff_request.words),
            rows=rows,
            problems=sum(each.is_problem for each in rows or ()),
            purposes=purpose_words(staff_request.words),
            sections=shown_sections(self.app),
            folder=str(self.app.settings.folder),
        )


def _names(staff_request: StaffRequest, field: str) -> list[str]:
    """
    Return the names that were typed, with spaces or commas between them.
    """
    return staff_request.typed.one(field).replace(",", " ").split()[:_MOST_NAMES]
