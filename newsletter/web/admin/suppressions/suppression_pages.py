"""
The page of suppressions: who is sent nothing, and why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.people import suppressions
from newsletter.actions.people.newsroom import choices, suppression_reach
from newsletter.actions.people.suppressions import SuppressionValues
from newsletter.actions.people.sync import suppression_pages
from newsletter.errors import InvalidValue, NotFound, Refused
from newsletter.model.access import Permission
from newsletter.web.admin.path_numbers import number_or_none
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from subscribers.errors import InvalidAddress, InvalidText
from subscribers.suppression.model import Suppression, SuppressionReason
from subscribers.suppression.rule_keys import KeyKind, kind_of
from subscribers.suppression.rules import parse_rule, shown_rule

SUPPRESSIONS = "/admin/suppressions"
AT_ONCE = 50
_FIELDS = ("address", "list", "why", "until")


class SuppressionPages:
    """
    The page of suppressions of one App.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of this page.
        """
        page = self.staff_routes.page
        acts = {"find": self.find, "add": self.add, "end": self.end}
        return [
            page(SUPPRESSIONS, needs=Needs.SESSION, show=self.show),
            *(
                page(f"{SUPPRESSIONS}/{name}", needs=Needs.SESSION, submit=act, back=SUPPRESSIONS)
                for name, act in acts.items()
            ),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the suppressions for one reason or any, page by page.
        """
        query = staff_request.request.query_params
        reason = _reason(query.get("reason", ""))
        after, seen = (number_or_none(query.get(name, "")) or 0 for name in ("after", "seen"))
        found = suppression_pages.page(
            self.app,
            reason=reason,
            after=after,
            seen=seen,
            limit=AT_ONCE + 1,
            by=staff_request.actor,
        )
        shown = found[:AT_ONCE]
        following = {"after": shown[-1].id, "seen": seen + AT_ONCE} if len(found) > AT_ONCE else {}
        return self._page(
            staff_request,
            [each.suppression for each in shown],
            reason=reason,
            following=following,
            is_first=not after,
        )

    def find(self, staff_request: StaffRequest) -> Response:
        """
        Show the suppressions of an address, a domain or a hash; if none was typed, those for the
        reason that was chosen.
        """
        wanted, by = meant(staff_request.typed.one("q")), staff_request.actor
        reason = _reason(staff_request.typed.one("reason"))
        if not wanted:
            return self.pages.redirect(
                f"{SUPPRESSIONS}?reason={reason}" if reason else SUPPRESSIONS
            )
        try:
            found = suppression_pages.of_address(self.app, wanted, by=by)
        except NotFound:
            found = []
        except InvalidAddress as error:
            wrong = FieldError(name="q", text=line_of(error, staff_request.words))
            return self._page(staff_request, [], wrong, wanted=wanted)
        found = [each for each in found if reason in (None, each.reason)]
        return self._page(staff_request, found, wanted=wanted, reason=reason)

    def add(self, staff_request: StaffRequest) -> Response:
        """
        Suppress an address or a domain.
        """
        _, typed = staff_request.words.gettext, staff_request.typed
        address = meant(typed.one("address"))
        try:
            until = dt.date.fromisoformat(typed.one("until")) if typed.one("until") else None
        except ValueError:
            return self._again(staff_request, "until", _("This is not a day."))
        values = SuppressionValues(
            list_slug=typed.one("list"), until=until, note=typed.one("why").strip()
        )
        try:
            if is_for_many(address) and not typed.one("sure"):
                return self._ask_to_add(staff_request, address)
            suppressions.add(self.app, address, by=staff_request.actor, values=values)
        except InvalidAddress as error:
            return self._again(staff_request, "address", line_of(error, staff_request.words))
        except InvalidText as error:
            return self._again(staff_request, "why", line_of(error, staff_request.words))
        except InvalidValue:
            return self._again(staff_request, "until", _("This day is over."))
        return self.pages.done(
            staff_request.request, SUPPRESSIONS, _("Nothing is sent there any more.")
        )

    def end(self, staff_request: StaffRequest) -> Response:
        """
        End a suppression.
        """
        _, typed = staff_request.words.gettext, staff_request.typed
        if is_for_many(typed.one("address")) and not typed.one("sure"):
            return self._ask_to_end(staff_request)
        try:
            suppressions.remove(
                self.app,
                typed.one("address"),
                by=staff_request.actor,
                list_slug=typed.one("list"),
                why=typed.one("why"),
            )
        except Refused:
            text = _(
                "It was not ended. After a complaint, say how they asked for your email again; "
                "what follows from a domain ends with the suppression of the domain."
            )
            return self.pages.done(staff_request.request, SUPPRESSIONS, text, kind="bad")
        return self.pages.done(staff_request.request, SUPPRESSIONS, _("The suppression has ended."))

    def _ask_to_add(self, staff_request: StaffRequest, address: str) -> Response:
        slug, by = staff_request.typed.one("list"), staff_request.actor
        count = suppression_reach.stopped(self.app, address, list_slug=slug, by=by)
        return self._question(staff_request, "add", address, count)

    def _ask_to_end(self, staff_request: StaffRequest) -> Response:
        typed, by = staff_request.typed, staff_request.actor
        address = typed.one("address")
        count = suppression_reach.released(self.app, address, list_slug=typed.one("list"), by=by)
        return self._question(staff_request, "end", address, count)

    def _question(
        self, staff_request: StaffRequest, act: str, address: str, count: int | None
    ) -> Response:
        typed = staff_request.typed
        return self.pages.page(
            staff_request.request,
            "people/suppression-question.html",
            section="people",
            logged_in=staff_request.logged_in,
            act=act,
            address=address,
            domain=address.lstrip("*").lstrip("@."),
            is_below=address.startswith("*."),
            count=count,
            most=suppression_reach.MOST_COUNTED,
            given={name: typed.one(name) for name in _FIELDS if name != "address"},
            path=SUPPRESSIONS,
        )

    def _again(self, staff_request: StaffRequest, field: str, text: str) -> Response:
        found = suppression_pages.page(self.app, after=0, limit=AT_ONCE, by=staff_request.actor)
        shown = [each.suppression for each in found]
        return self._page(staff_request, shown, FieldError(name=field, text=text))

    def _page(
        self,
        staff_request: StaffRequest,
        found: Sequence[Suppression],
        *errors: FieldError,
        wanted: str = "",
        reason: SuppressionReason | None = None,
        following: dict[str, int] | None = None,
        is_first: bool = True,
    ) -> Response:
        by = staff_request.actor
        may_read = Permission.PEOPLE_READ in by.permissions
        lists = choices.show(self.app, by=by).lists if may_read else ()
        return self.pages.page(
            staff_request.request,
            "people/suppressions.html",
            section="people",
            logged_in=staff_request.logged_in,
            errors=errors,
            typed={name: staff_request.typed.one(name) for name in _FIELDS},
            found=found,
            wanted=wanted,
            reason=reason.value if reason else "",
            following=following,
            is_first=is_first,
            lists=lists,
            list_names={each.slug: each.name for each in lists},
            shown=shown_rule,
            kind_of=kind_of,
            can_end=lambda each: each.rule is None and kind_of(each.address) not in _LASTING,
            may_write=Permission.SUPPRESSIONS_WRITE in by.permissions,
            is_unlimited=by.lists is None,
        )


def meant(typed: str) -> str:
    """
    Return what was typed, a domain with the @ before it.
    """
    text = typed.strip()
    is_domain = "." in text and not text.startswith(("@", "*")) and "@" not in text
    return f"@{text}" if is_domain else text


def _reason(text: str) -> SuppressionReason | None:
    return next((each for each in SuppressionReason if each.value == text), None)


def is_for_many(typed: str) -> bool:
    """
    Return True if it is a domain, or those below one.

    Raises:
        InvalidAddress: it names a domain that is not valid.
    """
    key = parse_rule(typed)
    return key is not None and kind_of(key) in (KeyKind.DOMAIN, KeyKind.SUBDOMAINS)


# What nobody can write down again.
_LASTING = frozenset({KeyKind.KEYED_HASH})
