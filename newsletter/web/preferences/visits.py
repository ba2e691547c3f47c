"""
A visit to somebody's settings: whose they are, and the page that shows them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from newsletter.actions.readers import own_requests
from newsletter.actions.readers.own_requests import OpenRequest
from newsletter.actions.readers.preferences import ReaderSettings, find_settings
from newsletter.app import App
from newsletter.mail.links import request_purpose
from newsletter.web.page.templates import PageTemplates
from newsletter.web.preferences.bad_links import FIND_PATH, BadLinks
from newsletter.web.preferences.form import (
    LONGEST_PAUSE,
    SettingsForm,
    form_fields,
    stored_form,
    switches,
)
from newsletter.web.preferences.timezones import timezone_option, timezone_regions
from newsletter.web.public.page_values import Form, FormError, HiddenField, LinkProblem
from newsletter.web.public.settings_values import PreferencesPage
from subscribers.requests.model import RequestKind
from subscribers.unsubscribe_view import masked

WHAT = "what"
SAVE, LEAVE = HiddenField(name=WHAT, value="save"), HiddenField(name=WHAT, value="leave")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """
    A request for somebody's settings: whose they are, the path of the page, whether its link is
    fresh, and the language of the page.
    """

    found: ReaderSettings
    path: str
    is_fresh: bool
    language: str

    @property
    def address(self) -> str:
        return self.found.person.email or ""


@dataclass(frozen=True, kw_only=True)
class ShownForm:
    """
    The form on the page, if it is not what is stored: what was typed, what the page showed before,
    and what is wrong. `address_form` is that for another address, with `new_address` typed in;
    `to_confirm` has the slugs of newsletters that an email asks about, `held` of those that nobody
    can sign up for now.
    """

    typed: SettingsForm | None = None
    shown: SettingsForm | None = None
    errors: Sequence[FormError] = ()
    address_form: Form | None = None
    new_address: str = ""
    is_saved: bool = False
    to_confirm: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()


AS_STORED = ShownForm()


class Visits:
    """
    Finds out whose settings a request is about, and shows them.
    """

    def __init__(self, app: App, templates: PageTemplates) -> None:
        self.app = app
        self.templates = templates
        self.bad_links = BadLinks(app, templates)

    def by_number(
        self, request: Request, number: int, path: str, *, is_fresh: bool
    ) -> Visit | None:
        """
        Return the visit to the settings of a person; None if there is no such person any more.
        """
        found = find_settings(self.app, number)
        if found is None:
            return None
        language = self.templates.language(request, reader=found.person.language)
        return Visit(found=found, path=path, is_fresh=is_fresh, language=language)

    def by_fresh_link(self, request: Request) -> Visit | Response:
        """
        Return the visit by a link that was asked for, or the page that says why it does not work.
        """
        token = request.path_params["token"]
        number, _ = self.app.links.read(request_purpose(RequestKind.FIND), token)
        found = own_requests.find_request(self.app, RequestKind.FIND, number)
        if isinstance(found, OpenRequest):
            person, path = found.request.subscriber_id, f"/p/find/{token}"
            visit = self.by_number(request, person, path, is_fresh=True)
            return visit or self.gone(request)
        reason = LinkProblem.GONE if found.is_gone else LinkProblem.EXPIRED
        return self.bad_links.page(request, reason)

    def gone(self, request: Request) -> Response:
        """
        Return the page for a link whose person is gone.
        """
        return self.bad_links.page(request, LinkProblem.GONE)

    def stored(self, visit: Visit) -> SettingsForm:
        """
        Return the form with what is stored.
        """
        return stored_form(visit.found, language=visit.language, now=self.app.clock())

    def page(self, visit: Visit, form: ShownForm = AS_STORED, status_code: int = 200) -> Response:
        """
        Show the settings, as they are stored or with what was typed.
        """
        stored = self.stored(visit)
        typed, shown = form.typed or stored, form.shown or stored
        today = self.app.clock().date()
        newsletters = switches(typed, visit.found)
        page = PreferencesPage(
            address=visit.address if visit.is_fresh else masked(visit.address),
            form=Form(
                action=visit.path, hidden=(SAVE, shown.as_hidden()), errors=tuple(form.errors)
            ),
            newsletters=newsletters,
            paused_until=_date(typed.paused_until),
            pause_from=today + dt.timedelta(days=1),
            pause_to=today + LONGEST_PAUSE,
            name=typed.name,
            languages=tuple(dict.fromkeys([*self.templates.languages, typed.language])),
            language=typed.language,
            timezones=timezone_regions(visit.language),
            timezone=timezone_option(typed.timezone, visit.language) if typed.timezone else None,
            fields=form_fields(typed, visit.found.fields, visit.language, self.app.site.language),
            is_saved=form.is_saved,
            to_confirm=tuple(each for each in newsletters if each.slug in form.to_confirm),
            held=tuple(each for each in newsletters if each.slug in form.held),
            unsubscribe_form=Form(action=visit.path, hidden=(LEAVE,)),
            find_url=FIND_PATH,
        )
        if visit.is_fresh:
            page = replace(
                page,
                find_url="",
                address_form=form.address_form or Form(action=f"{visit.path}/address"),
                new_address=form.new_address,
                erasure_form=Form(action=f"{visit.path}/erase"),
                data_url=f"{visit.path}/data",
                data_json_url=f"{visit.path}/data.json",
            )
        return self.templates.page(
            "readers/preferences.html", status_code, language=visit.language, page=page
        )


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
