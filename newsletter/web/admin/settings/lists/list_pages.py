"""
The pages of a list: add one, and change what can be set of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.operations import list_settings
from newsletter.actions.operations.list_settings import ListPage
from newsletter.actions.people import lists
from newsletter.issues.settings.lists import ListValues
from newsletter.mail.templating.translations import MAIL_WORDS, languages_of
from newsletter.model.access import ObjectKind, Permission
from newsletter.web.admin.refusals import REFUSALS, RefusalKind, kind_of, line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.settings.lists.language_words import language_words
from newsletter.web.admin.settings.lists.list_fields import short_name_of, stored_fields
from newsletter.web.admin.settings.lists.list_form import (
    WAS,
    ListForm,
    faults_of,
    read_form,
    values_of,
)
from newsletter.web.admin.settings.lists.list_look import colours_of
from newsletter.web.admin.settings.lists.sample import sample_query
from newsletter.web.admin.settings.menu import SettingsPages, require_for_form
from newsletter.web.admin.staff_pages import FieldError
from newsletter.web.admin.today.first_steps import next_step
from newsletter.web.page.templates import PageTemplates
from newsletter.web.preferences.timezones import timezone_regions
from newsletter.web.signup.embed import snippet
from subscribers.errors import InvalidAddress, InvalidSlug, InvalidText, ListExists
from subscribers.model import Visibility
from subscribers.validation.slugs import RESERVED_SLUGS

LISTS = "/admin/lists"
NEW = f"{LISTS}/new"


class ListSettingsPages:
    """
    The pages on which staff add and change the lists of one App.
    """

    def __init__(self, settings: SettingsPages, routes: StaffRoutes) -> None:
        self.settings = settings
        self.pages = settings.pages
        self.app = settings.app
        self.staff_routes = routes
        # The form for other websites is made of readers' templates.
        self.templates = PageTemplates(self.app.site, self.app.settings.template_folders)

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        page, needs = self.staff_routes.page, Needs.SESSION
        return [
            page(NEW, needs=needs, show=self.show_new, submit=self.add),
            page(f"{LISTS}/{{slug}}", needs=needs, show=self.show, submit=self.save),
        ]

    def show_new(self, staff_request: StaffRequest) -> Response:
        """
        Ask for what a new list needs.
        """
        require_for_form(staff_request.actor, Permission.LISTS_WRITE, ObjectKind.LIST)
        return self._new(staff_request)

    def add(self, staff_request: StaffRequest) -> Response:
        """
        Add a list, and go on to its page.
        """
        _, typed = staff_request.words.gettext, staff_request.typed
        name = typed.one("name").strip()
        slug = typed.one("slug").strip().lower() or short_name_of(name)
        if slug in RESERVED_SLUGS:
            text = _("This word is taken: choose another one.")
            return self._new(staff_request, FieldError(name="slug", text=text))
        values = ListValues(
            language=typed.one("language") or None,
            visibility=typed.one("visibility") or None,
            sender=typed.one("sender").strip() or None,
        )
        try:
            lists.add(self.app, slug, name, values, by=staff_request.actor)
        except (InvalidSlug, ListExists, InvalidText, InvalidAddress) as error:
            return self._new(staff_request, _fault_of_new(staff_request, error))
        text = _("The list is made. Now choose how its emails look and how people join.")
        then = next_step(self.app, staff_request.actor, staff_request.words)
        return self.pages.done(staff_request.request, f"{LISTS}/{slug}", text, then=then)

    def _new(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        typed, names = staff_request.typed, ("name", "slug", "language", "visibility", "sender")
        return self.settings.page(
            staff_request,
            "lists/new",
            here="lists",
            errors=errors,
            typed={name: typed.one(name) for name in names},
            languages=self._languages(self.app.site.language),
            site_language=self.app.site.language,
            site_sender=self.app.settings.default_sender,
            base_url=self.app.site.base_url,
        )

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show a list.
        """
        page = self._load(staff_request)
        stored = stored_fields(page, self.app.settings.brand)
        return self._list(staff_request, page, typed=stored, was=stored)

    def save(self, staff_request: StaffRequest) -> Response:
        """
        Change a list. What somebody else has changed since the form was shown is not lost: the page
        shows both, and saving again decides.
        """
        page, site = self._load(staff_request), self.app.settings.brand
        form = read_form(staff_request.typed, stored_fields(page, site))
        errors = [*faults_of(form, site, staff_request.words), *_conflicts(form, staff_request)]
        if errors:
            return self._list(
                staff_request, page, typed=form.merged, was=form.stored, errors=errors
            )
        values = values_of(form, site)
        if values == ListValues():
            text = staff_request.words.gettext("Nothing was changed.")
            return self.pages.done(staff_request.request, self._path(page), text)
        try:
            changed = lists.edit(
                self.app, page.details.mailing_list.slug, values, by=staff_request.actor
            )
        except REFUSALS as error:
            if kind_of(error) is not RefusalKind.REFUSED:
                raise
            name = "slug" if isinstance(error, InvalidSlug | ListExists) else "name"
            found = FieldError(name=name, text=line_of(error, staff_request.words))
            return self._list(
                staff_request, page, typed=form.merged, was=form.stored, errors=[found]
            )
        text = staff_request.words.gettext("The list is saved.")
        path = f"{LISTS}/{changed.mailing_list.slug}"
        return self.pages.done(staff_request.request, path, text)

    def _load(self, staff_request: StaffRequest) -> ListPage:
        slug = staff_request.request.path_params["slug"]
        return list_settings.page(self.app, slug, by=staff_request.actor)

    def _path(self, page: ListPage) -> str:
        return f"{LISTS}/{page.details.mailing_list.slug}"

    def _list(
        self,
        staff_request: StaffRequest,
        page: ListPage,
        *,
        typed: dict[str, str],
        was: Any,
        errors: Sequence[FieldError] = (),
    ) -> Response:
        permissions, found = staff_request.actor.permissions, page.details.mailing_list
        return self.settings.page(
            staff_request,
            "lists/list",
            here="lists",
            action=self._path(page),
            errors=errors,
            typed={**typed, WAS: json.dumps(dict(was), ensure_ascii=False)},
            page=page,
            mailing_list=found,
            own=page.details.settings,
            can_change=Permission.LISTS_WRITE in permissions,
            can_limit=Permission.STAFF_WRITE in permissions,
            site=self.app.settings,
            providers=sorted({"outbox", *self.app.settings.provider}),
            languages=self._languages(found.language),
            coverage=language_words(self.app.settings.template_folders, found.language),
            regions=timezone_regions(staff_request.words.language),
            colours=colours_of(typed),
            sample_query=sample_query(typed, self.app.settings.brand),
            snippet=self._snippet(page),
            base_url=self.app.site.base_url,
        )

    def _languages(self, used: str) -> list[str]:
        found = languages_of(self.app.settings.template_folders, MAIL_WORDS)
        return sorted({*found, used})

    def _snippet(self, page: ListPage) -> str:
        if page.shown is None or page.shown.visibility is Visibility.PRIVATE:
            return ""
        return snippet(self.templates, page.shown)


def _conflicts(form: ListForm, staff_request: StaffRequest) -> list[FieldError]:
    _ = staff_request.words.gettext
    return [
        FieldError(
            name=name,
            text=_(
                "Somebody has changed this since you opened the page, to “%(stored)s”. Save again "
                "to replace it by what you wrote.",
                stored=form.stored[name],
            ),
        )
        for name in form.conflicts
    ]


def _fault_of_new(staff_request: StaffRequest, error: Exception) -> FieldError:
    _ = staff_request.words.gettext
    if isinstance(error, InvalidAddress):
        text = _("Write a name and an address, such as Desk <desk@example.org>.")
        return FieldError(name="sender", text=text)
    if isinstance(error, ListExists):
        return FieldError(name="slug", text=_("There is a list with this short name already."))
    if isinstance(error, InvalidSlug):
        text = _("Use lower-case letters, digits and single hyphens, such as weekly-brief.")
        return FieldError(name="slug", text=text)
    return FieldError(name="name", text=_("Write a name in one line."))
