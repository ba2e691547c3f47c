"""
The pages with all webhooks: those that go out, those that came in, and adding one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.operations import list_settings, webhook_inbox, webhooks
from newsletter.actions.operations.webhook_inbox import WebhookInbox
from newsletter.errors import InvalidValue, Refused
from newsletter.model.access import ObjectKind, Permission
from newsletter.model.outgoing import OutgoingKind, WebhookState
from newsletter.store.events.inbox import Disposition
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.settings.access.role_choices import REACH, chosen_lists
from newsletter.web.admin.settings.menu import WEBHOOKS, SettingsPages, require_for_form
from newsletter.web.admin.settings.webhooks.kind_choices import kind_choices
from newsletter.web.admin.staff_pages import FieldError

_NEWEST = 1000
_MOST_FAILURES = 50
_FAILURES = (Disposition.UNMATCHED, Disposition.UNREADABLE)


class WebhookListPages:
    """
    The pages with all webhooks of one App.
    """

    def __init__(self, settings: SettingsPages, routes: StaffRoutes) -> None:
        self.settings = settings
        self.app = settings.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        page = self.staff_routes.page
        return [
            page(WEBHOOKS, needs=Needs.SESSION, show=self.show),
            page(f"{WEBHOOKS}/new", needs=Needs.ELEVATED, show=self.show_new, submit=self.add),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the outgoing webhooks, and what arrived from providers.
        """
        actor = staff_request.actor
        outgoing = webhooks.show_all(self.app, by=actor)
        inbox = webhook_inbox.newest(self.app, limit=_NEWEST, by=actor)
        return self.settings.page(
            staff_request,
            "webhooks/webhooks",
            here="webhooks",
            outgoing=outgoing,
            paused=sum(each.webhook.state is WebhookState.PAUSED for each in outgoing),
            inbox=inbox,
            counts=_counts(inbox),
            failures=[each for each in inbox.newest if each.disposition in _FAILURES][
                :_MOST_FAILURES
            ],
            can_change=Permission.WEBHOOKS_WRITE in actor.permissions,
        )

    def show_new(self, staff_request: StaffRequest) -> Response:
        """
        Ask where a new webhook leads.
        """
        require_for_form(staff_request.actor, Permission.WEBHOOKS_WRITE, ObjectKind.WEBHOOK)
        return self._new(staff_request)

    def add(self, staff_request: StaffRequest) -> Response:
        """
        Add a webhook, and show its secret this once.
        """
        typed, errors = staff_request.typed, list[FieldError]()
        lists = chosen_lists(staff_request, self._slugs(staff_request), errors)
        if errors:
            return self._new(staff_request, errors)
        try:
            added = webhooks.add(
                self.app,
                typed.one("name"),
                typed.one("url"),
                kinds=typed.many("kinds"),
                lists=lists or (),
                by=staff_request.actor,
            )
        except (InvalidValue, Refused) as error:
            field = "url" if getattr(error, "field", "") == "url" else "name"
            return self._new(
                staff_request, [FieldError(name=field, text=line_of(error, staff_request.words))]
            )
        return self.settings.page(
            staff_request,
            "webhooks/secret",
            here="webhooks",
            webhook=added.details.webhook,
            secret=added.secret,
        )

    def _new(self, staff_request: StaffRequest, errors: Sequence[FieldError] = ()) -> Response:
        typed, words = staff_request.typed, staff_request.words
        return self.settings.page(
            staff_request,
            "webhooks/new",
            here="webhooks",
            errors=errors,
            typed={name: typed.one(name) for name in ("name", "url", REACH)},
            kinds=[(kind.value, kind_choices(words)[kind.value]) for kind in OutgoingKind],
            chosen=typed.many("kinds"),
            slugs=self._slugs(staff_request),
            ticked=typed.many("lists"),
        )

    def _slugs(self, staff_request: StaffRequest) -> list[str]:
        return list_settings.slugs(self.app, by=staff_request.actor)


def _counts(inbox: WebhookInbox) -> Counter[str]:
    """
    Return how many webhooks have ended in which way; those without an end are waiting.
    """
    return Counter(
        each.disposition.value if each.disposition else "waiting" for each in inbox.newest
    )
