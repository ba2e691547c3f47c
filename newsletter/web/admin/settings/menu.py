"""
The menu of the settings, and the pages under it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from newsletter.actions.guard.requires import require
from newsletter.model.access import Actor, ObjectKind, Permission, Target
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.routes import StaffRequest
from newsletter.web.admin.staff_pages import FieldError, StaffPages

SETTINGS = "/admin/settings"
STAFF = "/admin/staff"
TOKENS = "/admin/tokens"
WEBHOOKS = "/admin/webhooks"
AUDIT = "/admin/audit"
HEALTH = "/admin/health"


@dataclass(frozen=True, kw_only=True)
class MenuEntry:
    """
    An entry of the menu, with a sentence about what is there.
    """

    name: str
    path: str
    title: str
    about: str


def settings_menu(actor: Actor, words: StaffWords) -> tuple[MenuEntry, ...]:
    """
    Return the entries that the actor may open. All but the lists are about the whole installation.
    """
    _ = words.gettext
    every = (
        (Permission.LISTS_READ, "lists", SETTINGS, _("Lists"), ""),
        (
            Permission.STAFF_READ,
            "staff",
            STAFF,
            _("Staff"),
            _("Who can log in, with which role and lists."),
        ),
        (
            Permission.TOKENS_READ,
            "tokens",
            TOKENS,
            _("API tokens"),
            _("With a token, another program can use the API."),
        ),
        (
            Permission.WEBHOOKS_READ,
            "webhooks",
            WEBHOOKS,
            _("Webhooks"),
            _("What is sent to other programs when something happens, and what providers report."),
        ),
        (
            Permission.AUDIT_READ,
            "audit",
            AUDIT,
            _("Audit trail"),
            _("Who did what, and when."),
        ),
        (
            Permission.OPERATIONS_READ,
            "health",
            HEALTH,
            _("Installation"),
            _("Whether everything works: sender, provider, DNS records, and newsletter.toml."),
        ),
    )
    return tuple(
        MenuEntry(name=name, path=path, title=title, about=about)
        for permission, name, path, title, about in every
        if permission in actor.permissions and (name == "lists" or actor.lists is None)
    )


class SettingsPages:
    """
    Renders the pages of the settings of one App, each with the menu.
    """

    def __init__(self, pages: StaffPages) -> None:
        self.pages = pages
        self.app = pages.app

    def page(
        self,
        staff_request: StaffRequest,
        name: str,
        *,
        here: str,
        action: str = "",
        errors: Sequence[FieldError] = (),
        typed: dict[str, str] | None = None,
        **values: Any,
    ) -> Response:
        """
        Render the page `settings/NAME.html`; *here* is the entry of the menu that it belongs to.
        """
        actor = staff_request.actor
        return self.pages.page(
            staff_request.request,
            f"settings/{name}.html",
            section="settings",
            action=action,
            logged_in=staff_request.logged_in,
            errors=errors,
            typed=typed,
            menu=settings_menu(actor, staff_request.words),
            here=here,
            permissions=actor.permissions,
            **values,
        )


def require_for_form(actor: Actor, permission: Permission, kind: ObjectKind) -> None:
    """
    Require that the actor may do what a form is for, which is about no list.

    Raises:
        Forbidden: they may not.
    """
    require(actor, permission, Target(kind=kind))
