"""
The page of one outgoing webhook: what is sent to it, whether that arrives, and what to do about it.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.operations import list_settings, webhook_attempts, webhooks
from newsletter.actions.operations.webhook_attempts import ReplayChoice
from newsletter.actions.operations.webhooks import WebhookDetails
from newsletter.errors import InvalidValue, NotFound
from newsletter.model.access import Permission
from newsletter.model.outgoing import OutgoingKind
from newsletter.web.admin.path_numbers import number_in, number_or_none
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import Handler, Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.settings.access.role_choices import REACH, chosen_lists
from newsletter.web.admin.settings.menu import WEBHOOKS, SettingsPages
from newsletter.web.admin.settings.webhooks.kind_choices import kind_choices
from newsletter.web.admin.staff_pages import FieldError
from newsletter.web.write_pool import WritePool
from subscribers.text.phrases import phrase

_ONE = f"{WEBHOOKS}/{{number}}"
_ON_A_PAGE = 25


class WebhookPages:
    """
    The pages of the outgoing webhooks of one App.
    """

    def __init__(self, settings: SettingsPages, routes: StaffRoutes) -> None:
        self.settings = settings
        self.pages = settings.pages
        self.app = settings.app
        self.staff_routes = routes
        # The receiver of a test may take its time, and must not keep others from saving.
        self.tests = WritePool(2, 8)

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages. Who changes where events go, or the secret, gives their
        password again.
        """

        page = self.staff_routes.page

        def act(name: str, submit: Handler, needs: Needs = Needs.SESSION) -> Route:
            return page(f"{_ONE}/{name}", needs=needs, submit=submit, back=_ONE)

        return [
            page(_ONE, needs=Needs.SESSION, show=self.show),
            act("edit", self.edit, Needs.ELEVATED),
            act("secret", self.new_secret, Needs.ELEVATED),
            page(
                f"{_ONE}/test",
                needs=Needs.SESSION,
                submit=self.test,
                back=_ONE,
                writes=self.tests,
            ),
            act("pause", self.pause),
            act("resume", self.resume),
            act("replay", self.replay),
            act("remove", self.remove),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show a webhook with the last attempts.
        """
        return self._webhook(staff_request, self._find(staff_request))

    def edit(self, staff_request: StaffRequest) -> Response:
        """
        Change where its events go, and which.
        """
        found, typed, errors = self._find(staff_request), staff_request.typed, list[FieldError]()
        lists = chosen_lists(staff_request, self._slugs(staff_request), errors)
        if not typed.many("kinds"):
            text = staff_request.words.gettext("Choose at least one kind of event.")
            errors.append(FieldError(name="kinds", text=text))
        if not errors:
            try:
                webhooks.edit(
                    self.app,
                    found.webhook.name,
                    url=typed.one("url"),
                    kinds=typed.many("kinds"),
                    lists=lists or (),
                    by=staff_request.actor,
                )
            except InvalidValue as error:
                errors.append(FieldError(name="url", text=line_of(error, staff_request.words)))
        if errors:
            return self._webhook(staff_request, found, errors)
        return self._done(staff_request, found, staff_request.words.gettext("Saved."))

    def new_secret(self, staff_request: StaffRequest) -> Response:
        """
        Sign with a new secret, and show it this once.
        """
        name = self._find(staff_request).webhook.name
        changed = webhooks.edit(self.app, name, new_secret=True, by=staff_request.actor)
        return self.settings.page(
            staff_request,
            "webhooks/secret",
            here="webhooks",
            webhook=changed.details.webhook,
            secret=changed.secret,
        )

    def test(self, staff_request: StaffRequest) -> Response:
        """
        Send a test, and say what came of it.
        """
        found, _ = self._find(staff_request), staff_request.words.gettext
        result = webhook_attempts.test(self.app, found.webhook.name, by=staff_request.actor)
        if result.is_delivered:
            return self._done(staff_request, found, _("The test arrived."))
        text = _("The test did not arrive: %(why)s", why=result.error)
        if result.status:
            status = result.status
            text = _(
                "The test arrived, but the other program did not take it: HTTP %(n)s", n=status
            )
        return self._done(staff_request, found, text, kind="bad")

    def pause(self, staff_request: StaffRequest) -> Response:
        """
        Send nothing to it until it is resumed.
        """
        found = self._find(staff_request)
        webhooks.pause(self.app, found.webhook.name, by=staff_request.actor)
        text = staff_request.words.gettext("Paused. Its events wait, for 30 days.")
        return self._done(staff_request, found, text)

    def resume(self, staff_request: StaffRequest) -> Response:
        """
        Send to it again.
        """
        found = self._find(staff_request)
        webhooks.resume(self.app, found.webhook.name, by=staff_request.actor)
        text = staff_request.words.gettext("Resumed. What waits is sent first.")
        return self._done(staff_request, found, text)

    def replay(self, staff_request: StaffRequest) -> Response:
        """
        Send one event again, or all that were given up.
        """
        found, event = self._find(staff_request), staff_request.typed.one("event")
        choice = ReplayChoice(event=event) if event else ReplayChoice(is_failed=True)
        count = webhook_attempts.replay(
            self.app, found.webhook.name, choice, by=staff_request.actor
        )
        text = staff_request.words.ngettext(
            "One event is sent again.", "%(n)s events are sent again.", count, n=count
        )
        return self._done(staff_request, found, text)

    def remove(self, staff_request: StaffRequest) -> Response:
        """
        Remove it, if the box is ticked.
        """
        found, _ = self._find(staff_request), staff_request.words.gettext
        if not staff_request.typed.one("sure"):
            text = _("Nothing was removed: tick the box first.")
            return self._done(staff_request, found, text, kind="bad")
        webhooks.remove(self.app, found.webhook.name, by=staff_request.actor)
        text = _("The webhook %(name)s is removed.", name=found.webhook.name)
        return self.pages.done(staff_request.request, WEBHOOKS, text)

    def _find(self, staff_request: StaffRequest) -> WebhookDetails:
        """
        Return the webhook whose number is in the path.

        Raises:
            NotFound: there is none.
        """
        number = number_in(staff_request.request)
        for each in webhooks.show_all(self.app, by=staff_request.actor):
            if each.webhook.id == number:
                return each
        raise NotFound(phrase("there is no such webhook"))

    def _slugs(self, staff_request: StaffRequest) -> list[str]:
        return list_settings.slugs(self.app, by=staff_request.actor)

    def _done(
        self, staff_request: StaffRequest, found: WebhookDetails, text: str, *, kind: str = "good"
    ) -> Response:
        path = f"{WEBHOOKS}/{found.webhook.id}"
        return self.pages.done(staff_request.request, path, text, kind=kind)

    def _webhook(
        self,
        staff_request: StaffRequest,
        found: WebhookDetails,
        errors: Sequence[FieldError] = (),
    ) -> Response:
        actor, typed, webhook = staff_request.actor, staff_request.typed, found.webhook
        before = number_or_none(staff_request.request.query_params.get("before", ""))
        attempts = webhook_attempts.attempts(
            self.app, webhook.name, before=before, limit=_ON_A_PAGE + 1, by=actor
        )
        words = kind_choices(staff_request.words)
        has_some = typed.one(REACH) == "some" if errors else webhook.lists is not None
        return self.settings.page(
            staff_request,
            "webhooks/webhook",
            here="webhooks",
            action=f"{WEBHOOKS}/{webhook.id}/edit",
            errors=errors,
            typed={
                "url": typed.one("url") if errors else webhook.url,
                REACH: "some" if has_some else "all",
            },
            details=found,
            webhook=webhook,
            kinds=[(kind.value, words[kind.value]) for kind in OutgoingKind],
            chosen=typed.many("kinds") if errors else [kind.value for kind in webhook.kinds],
            slugs=self._slugs(staff_request),
            ticked=typed.many("lists") if errors else sorted(webhook.lists or ()),
            attempts=attempts[:_ON_A_PAGE],
            more=len(attempts) > _ON_A_PAGE,
            kind_words=words,
            can_change=Permission.WEBHOOKS_WRITE in actor.permissions,
        )
