"""
The settings page of a reader, behind the permanent link of every email and behind a fresh one.

An email can be forwarded, so the permanent link shows the address masked and only what the reader
may want to change. For their data, another address or erasure they ask for a fresh link. GET and
HEAD change nothing; a POST without the form's own fields changes nothing either.
"""

from __future__ import annotations

from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.readers.preferences import SettingsChanges, save_settings
from newsletter.app import App
from newsletter.issues.settings.consent_sentence import ConsentSentence, consent_sentence
from newsletter.mail.links import PREFERENCES, TEST_TOKEN
from newsletter.web.client_address import client_of
from newsletter.web.limits.gate import SignupGate, StrangersRequest
from newsletter.web.page.templates import PageTemplates
from newsletter.web.preferences.form import changes_in, shown_form, typed_form
from newsletter.web.preferences.visits import LEAVE, SAVE, WHAT, ShownForm, Visit, Visits
from newsletter.web.public.page_values import MessagePage
from newsletter.web.typed_form import TypedForm, parse_form
from newsletter.web.write_pool import WritePool
from subscribers.validation.address import parse_address


class PreferencesPages:
    """
    The settings pages of one App.
    """

    def __init__(
        self, app: App, templates: PageTemplates, gate: SignupGate, *, writes: WritePool
    ) -> None:
        self.app = app
        self.templates = templates
        self.gate = gate
        self.writes = writes
        self.visits = Visits(app, templates)

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        return [
            Route("/p/find/{token}", self.fresh, methods=["GET", "POST"]),
            Route("/p/{token}", self.permanent, methods=["GET", "POST"]),
        ]

    async def permanent(self, request: Request) -> Response:
        """
        Show the settings behind the link of an email, or save them.
        """
        if request.path_params["token"] == TEST_TOKEN:
            return await run_in_threadpool(self._test, request)
        return await self._settings(request)

    async def fresh(self, request: Request) -> Response:
        """
        Show the settings behind a link that was asked for, or save them.
        """
        return await self._settings(request)

    async def _settings(self, request: Request) -> Response:
        if request.method == "POST":
            typed = parse_form(await request.body())
            return await self.writes.run(self._save, request, typed)
        return await run_in_threadpool(self._show, request)

    def _visit(self, request: Request) -> Visit | Response:
        if request.url.path.startswith("/p/find/"):
            return self.visits.by_fresh_link(request)
        token = request.path_params["token"]
        number = self.app.links.keys.read(PREFERENCES, token)
        visit = self.visits.by_number(request, number, f"/p/{token}", is_fresh=False)
        return visit or self.visits.gone(request)

    def _show(self, request: Request) -> Response:
        visit = self._visit(request)
        return visit if isinstance(visit, Response) else self.visits.page(visit)

    def _save(self, request: Request, typed: TypedForm) -> Response:
        visit = self._visit(request)
        if isinstance(visit, Response):
            return visit
        stored = self.visits.stored(visit)
        what = typed.one(WHAT)
        if what == LEAVE.value:
            form, shown = replace(stored, newsletters=frozenset()), stored
        elif what == SAVE.value:
            form, shown = typed_form(typed, visit.found), shown_form(typed, stored)
        else:
            return self.visits.page(visit)
        changes, errors = changes_in(
            form,
            shown,
            visit.found,
            consents=self._consents(visit),
            languages=self.templates.languages,
            now=self.app.clock(),
        )
        if errors:
            wrong = ShownForm(typed=form, shown=shown, errors=errors)
            return self.visits.page(visit, wrong, status_code=422)
        if what == LEAVE.value:
            # Also what waits for its confirmation, which the page shows as switched off.
            everything = frozenset(each.newsletter.slug for each in visit.found.choices)
            changes = replace(changes, leave=everything)
        return self._saved(request, visit, changes)

    def _saved(self, request: Request, visit: Visit, changes: SettingsChanges) -> Response:
        """
        Save the changes, and show the settings as they are now.
        """
        person = visit.found.person
        asked = StrangersRequest(
            email_key=parse_address(visit.address).key, client=client_of(request), purpose="rejoin"
        )
        saved = save_settings(
            self.app,
            person.id,
            changes,
            language=visit.language,
            admit=lambda connection: self.gate.admit(connection, asked),
        )
        now = self._visit(request)
        if saved is None or isinstance(now, Response):
            return now if isinstance(now, Response) else self.visits.gone(request)
        form = ShownForm(is_saved=saved.has_saved, to_confirm=saved.to_confirm, held=saved.held)
        return self.visits.page(now, form)

    def _consents(self, visit: Visit) -> dict[str, ConsentSentence]:
        """
        Return the sentence that a reader agrees to by switching on each newsletter.
        """
        words = self.templates.words(visit.language).table
        return {
            each.newsletter.slug: consent_sentence(words, [each.newsletter])
            for each in visit.found.choices
        }

    def _test(self, request: Request) -> Response:
        language = self.templates.language(request)
        page = MessagePage(word="settings_test")
        return self.templates.page("readers/message.html", language=language, page=page)
