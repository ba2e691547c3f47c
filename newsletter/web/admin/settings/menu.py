"""
The menu of the settings, and the pages under it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from newsletter.model.access import Actor, Permission
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.routes import StaffRequest
from newsletter.web.admin.staff_pages import FieldError, StaffPages

SETTINGS = "/admin/settings"


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
    every = ((Permission.LISTS_READ, "lists", SETTINGS, _("Lists"), ""),)
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


def number_in(text: str) -> int | None:
    """
    Return the number in a path or a form, or None.
    """
    is_number = text.isascii() and text.isdecimal() and len(text) < 19
    return int(text) if is_number else None
