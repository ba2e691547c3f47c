"""
The roles of staff, and the choice of lists that a member or a token is limited to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.model.access import Role
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.routes import StaffRequest
from newsletter.web.admin.staff_pages import FieldError

# The field that says whether all lists are meant.
REACH = "reach"


@dataclass(frozen=True, kw_only=True)
class RoleChoice:
    """
    A role as it is offered: what it is called, and what it allows.
    """

    value: str
    title: str
    about: str


def role_choices(words: StaffWords) -> list[RoleChoice]:
    """
    Return the roles, the one that allows most first.
    """
    _ = words.gettext
    texts = {
        Role.OWNER: (_("Owner"), _("Everything, on all lists. Also invites and removes staff.")),
        Role.EDITOR: (
            _("Editor"),
            _("Writes, approves and sends issues. Changes sources, lists and schedules."),
        ),
        Role.AUTHOR: (_("Author"), _("Writes briefs and drafts. Somebody else sends them.")),
        Role.PEOPLE: (_("Subscribers"), _("Manages subscribers, and does not see issues.")),
        Role.OBSERVER: (_("Observer"), _("Sees almost everything, and changes nothing.")),
    }
    return [
        RoleChoice(value=role.value, title=title, about=about)
        for role, (title, about) in texts.items()
    ]


def chosen_role(staff_request: StaffRequest, errors: list[FieldError]) -> Role:
    """
    Return the role that was chosen, or add what is wrong to *errors*.
    """
    typed = staff_request.typed.one("role")
    if typed in list(Role):
        return Role(typed)
    text = staff_request.words.gettext("Choose a role.")
    errors.append(FieldError(name="role", text=text))
    return Role.OBSERVER


def chosen_lists(
    staff_request: StaffRequest, slugs: Sequence[str], errors: list[FieldError]
) -> list[str] | None:
    """
    Return the lists that were chosen, None for all. To choose some and tick none is wrong.
    """
    if staff_request.typed.one(REACH) != "some":
        return None
    chosen = [slug for slug in staff_request.typed.many("lists") if slug in slugs]
    if not chosen:
        text = staff_request.words.gettext("Choose at least one list, or all lists.")
        errors.append(FieldError(name="lists", text=text))
    return chosen
