"""
The sample email beside the form of a list. It is shown in a frame, with what is typed of the look
and not yet stored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from newsletter.actions.operations import list_settings
from newsletter.actions.people import lists
from newsletter.errors import NotFound, SettingsError
from newsletter.model.brief import Brief
from newsletter.settings.brand import BrandSettings
from newsletter.settings.list_brand import check_list_brand
from newsletter.web.admin.issues.drafts.preview_pages import framed_headers, in_scheme
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.settings.lists.list_fields import BRAND
from newsletter.web.admin.settings.lists.list_look import colours_of, links_in, own_brand
from newsletter.web.admin.settings.menu import SettingsPages
from newsletter.web.page.templates import MAIL_POLICY
from subscribers.text.phrases import phrase

_FIELDS = (*BRAND, "social")


class ListSamplePages:
    """
    The sample emails of the lists of one App.
    """

    def __init__(self, settings: SettingsPages, routes: StaffRoutes) -> None:
        self.settings = settings
        self.app = settings.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of the sample, and of the part of the page that has it.
        """
        page, path = self.staff_routes.page, "/admin/lists/{slug}"
        return [
            page(f"{path}/sample", needs=Needs.SESSION, show=self.show),
            page(f"{path}/look", needs=Needs.SESSION, submit=self.show_look, back=path),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the sample with the look in the query, as a program shows it that prefers the `scheme`.

        Raises:
            NotFound: the look is not valid.
        """
        request = staff_request.request
        brand = own_brand(request.query_params, self.app.settings.brand)
        try:
            message = list_settings.sample(
                self.app,
                request.path_params["slug"],
                brand=brand,
                briefs=_briefs(staff_request, self.app.clock().date()),
                by=staff_request.actor,
            )
        except SettingsError as error:
            raise NotFound(phrase("a sample cannot have this look")) from error
        scheme = "dark" if request.query_params.get("scheme") == "dark" else "light"
        html = in_scheme(message.html, scheme)
        return HTMLResponse(html, headers=framed_headers(MAIL_POLICY))

    def show_look(self, staff_request: StaffRequest) -> Response:
        """
        Return the part of the page with the contrasts and the sample, for what is typed.
        """
        typed = {name: staff_request.typed.one(name) for name in _FIELDS}
        slug = staff_request.request.path_params["slug"]
        found = lists.show(self.app, slug, by=staff_request.actor)
        return self.settings.pages.fragment(
            staff_request.request,
            "settings/lists/parts/look.html",
            logged_in=staff_request.logged_in,
            slug=found.mailing_list.slug,
            colours=colours_of(typed),
            sample_query=sample_query(typed, self.app.settings.brand),
        )


def sample_query(fields: Mapping[str, str], site: BrandSettings) -> str | None:
    """
    Return the query of the sample with the look in *fields*, or None if that is not valid.
    """
    try:
        check_list_brand(own_brand(fields, site))
        links_in(fields.get("social", ""))
    except SettingsError:
        return None
    given = {name: fields.get(name, "") for name in _FIELDS}
    return urlencode({name: text for name, text in given.items() if text})


def _briefs(staff_request: StaffRequest, today: dt.date) -> list[Brief]:
    _ = staff_request.words.gettext
    lead = _("The ferry company publishes a timetable, and its captains leave on the tide.")
    second = _("The bus that meets the ferry goes by the clock.")
    return [
        _brief(
            _("The ferry clock is right twice a day"),
            (_("One passenger in four waits longer than the crossing takes."),),
            lead,
            today,
        ),
        _brief(_("A bus that waits for nobody"), (), second, today),
    ]


def _brief(title: str, takeaways: tuple[str, ...], text: str, day: dt.date) -> Brief:
    return Brief(
        title=title,
        date=day,
        takeaways=takeaways,
        body_html=f"<p>{text}</p>",
        body_text=text,
        url="https://example.org/",
    )
