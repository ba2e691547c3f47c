"""
The pages about API tokens: which there are, making one, revoking one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.access import tokens
from newsletter.actions.operations import list_settings
from newsletter.errors import InvalidValue, Refused
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.web.admin.field_errors import invalid_name
from newsletter.web.admin.path_numbers import number_in
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.settings.access.first_request import first_request
from newsletter.web.admin.settings.access.role_choices import REACH, chosen_lists
from newsletter.web.admin.settings.menu import TOKENS, SettingsPages, require_for_form
from newsletter.web.admin.staff_pages import FieldError
from subscribers.errors import InvalidText

# The days after which a new token can expire.
LIFETIMES = (30, 90, 365)


@dataclass(frozen=True, kw_only=True)
class ScopeGroup:
    """
    The scopes of one kind of object, such as those of issues.
    """

    noun: str
    scopes: Sequence[Permission]


def scope_groups(actor: Actor) -> list[ScopeGroup]:
    """
    Return the scopes that the actor can give a token, by the kind of object.
    """
    found: dict[str, list[Permission]] = {}
    for scope in Permission:
        if scope in actor.permissions:
            found.setdefault(scope.value.partition(":")[0], []).append(scope)
    return [ScopeGroup(noun=noun, scopes=scopes) for noun, scopes in found.items()]


class TokenPages:
    """
    The pages about the API tokens of one App.
    """

    def __init__(self, settings: SettingsPages, routes: StaffRoutes) -> None:
        self.settings = settings
        self.pages = settings.pages
        self.app = settings.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        page = self.staff_routes.page
        return [
            page(TOKENS, needs=Needs.SESSION, show=self.show_all),
            page(f"{TOKENS}/new", needs=Needs.ELEVATED, show=self.show_new, submit=self.add),
            page(
                f"{TOKENS}/{{number}}/revoke",
                needs=Needs.SESSION,
                submit=self.revoke,
                back=TOKENS,
            ),
        ]

    def show_all(self, staff_request: StaffRequest) -> Response:
        """
        Show the tokens, those that work first.
        """
        now, found = self.app.clock(), tokens.all_of(self.app, by=staff_request.actor)
        return self.settings.page(
            staff_request,
            "access/tokens",
            here="tokens",
            working=[each for each in found if each.is_valid(now)],
            ended=[each for each in found if not each.is_valid(now)],
            can_change=Permission.TOKENS_WRITE in staff_request.actor.permissions,
            api_url=self._api_url,
        )

    def show_new(self, staff_request: StaffRequest) -> Response:
        """
        Ask what a new token may do.
        """
        require_for_form(staff_request.actor, Permission.TOKENS_WRITE, ObjectKind.TOKEN)
        return self._new(staff_request)

    def add(self, staff_request: StaffRequest) -> Response:
        """
        Make a token, and show it this once.
        """
        typed, errors = staff_request.typed, list[FieldError]()
        lists = chosen_lists(staff_request, self._slugs(staff_request), errors)
        if not typed.many("scopes"):
            text = staff_request.words.gettext("Choose at least one thing that it may do.")
            errors.append(FieldError(name="scopes", text=text))
        if errors:
            return self._new(staff_request, *errors)
        days = typed.one("days")
        known = {str(each): dt.timedelta(days=each) for each in LIFETIMES}
        try:
            made = tokens.add(
                self.app,
                typed.one("name"),
                by=staff_request.actor,
                scopes=typed.many("scopes"),
                lists=lists or (),
                lifetime=known.get(days),
            )
        except InvalidText:
            return self._new(staff_request, invalid_name(staff_request))
        except (InvalidValue, Refused) as error:
            return self._new(
                staff_request, FieldError(name="name", text=line_of(error, staff_request.words))
            )
        return self.settings.page(
            staff_request,
            "access/new-token",
            here="tokens",
            token=made.token,
            text=made.text,
            request_line=first_request(self._api_url, made.text, made.token.scopes),
        )

    @property
    def _api_url(self) -> str:
        return f"{self.app.site.base_url}/api/v1"

    def _new(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        typed = staff_request.typed
        return self.settings.page(
            staff_request,
            "access/add-token",
            here="tokens",
            errors=errors,
            typed={name: typed.one(name) for name in ("name", "days", REACH)},
            ticked=typed.many("lists"),
            slugs=self._slugs(staff_request),
            scopes=typed.many("scopes"),
            groups=scope_groups(staff_request.actor),
            lifetimes=LIFETIMES,
        )

    def _slugs(self, staff_request: StaffRequest) -> list[str]:
        return list_settings.slugs(self.app, by=staff_request.actor)

    def revoke(self, staff_request: StaffRequest) -> Response:
        """
        Revoke a token.
        """
        number = number_in(staff_request.request)
        revoked = tokens.revoke(self.app, number, by=staff_request.actor)
        text = staff_request.words.gettext(
            "The token %(name)s is revoked: it cannot be used any more.", name=revoked.name
        )
        return self.pages.done(staff_request.request, TOKENS, text)
