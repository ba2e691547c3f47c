"""
The pages about staff: who they are, inviting somebody, changing what somebody may do.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.access import staff
from newsletter.actions.access.staff import MemberLink
from newsletter.actions.operations import list_settings
from newsletter.errors import NotFound, Refused
from newsletter.model.access import ObjectKind, Permission, Role
from newsletter.model.staff import Member
from newsletter.web.admin.field_errors import invalid_email, invalid_name
from newsletter.web.admin.path_numbers import number_in
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.schedules.when_words import listed
from newsletter.web.admin.settings.access.role_choices import (
    REACH,
    chosen_lists,
    chosen_role,
    role_choices,
)
from newsletter.web.admin.settings.menu import STAFF, SettingsPages, require_for_form
from newsletter.web.admin.staff_pages import FieldError
from subscribers.errors import InvalidAddress, InvalidText
from subscribers.text.phrases import phrase

_ONE = f"{STAFF}/{{number}}"


class MemberPages:
    """
    The pages about the staff of one App.
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
        page, elevated = self.staff_routes.page, Needs.ELEVATED
        return [
            page(STAFF, needs=Needs.SESSION, show=self.show_all),
            page(f"{STAFF}/invite", needs=elevated, show=self.show_invite, submit=self.invite),
            page(_ONE, needs=elevated, show=self.show, submit=self.change, back=_ONE),
            page(f"{_ONE}/reset", needs=elevated, submit=self.reset, back=_ONE),
            page(f"{_ONE}/again", needs=elevated, submit=self.invite_again, back=_ONE),
            page(f"{_ONE}/remove", needs=elevated, submit=self.remove, back=_ONE),
        ]

    def show_all(self, staff_request: StaffRequest) -> Response:
        """
        Show everybody who can log in, or was invited.
        """
        members = staff.show_all(self.app, by=staff_request.actor)
        active = [each for each in members if each.is_active]
        return self.settings.page(
            staff_request,
            "access/staff",
            here="staff",
            members=members,
            active=len(active),
            unsafe=sum(not each.has_second_factor for each in active),
            roles={each.value: each for each in role_choices(staff_request.words)},
            can_change=Permission.STAFF_WRITE in staff_request.actor.permissions,
        )

    def show_invite(self, staff_request: StaffRequest) -> Response:
        """
        Ask whom to invite.
        """
        require_for_form(staff_request.actor, Permission.STAFF_WRITE, ObjectKind.STAFF)
        return self._invite(staff_request)

    def invite(self, staff_request: StaffRequest) -> Response:
        """
        Invite somebody by email, or show the link to pass on.
        """
        typed, errors = staff_request.typed, list[FieldError]()
        role = chosen_role(staff_request, errors)
        lists = chosen_lists(staff_request, self._slugs(staff_request), errors)
        if errors:
            return self._invite(staff_request, *errors)
        try:
            invited = staff.invite(
                self.app,
                typed.one("email"),
                role=role,
                lists=None if role is Role.OWNER else lists,
                name=typed.one("name"),
                language=self._language(staff_request),
                by_mail=typed.one("how") != "link",
                by=staff_request.actor,
            )
        except InvalidAddress:
            return self._invite(staff_request, invalid_email(staff_request))
        except InvalidText:
            return self._invite(staff_request, invalid_name(staff_request))
        except Refused as error:
            return self._invite(
                staff_request, FieldError(name="email", text=line_of(error, staff_request.words))
            )
        return self._link(staff_request, invited, is_invitation=True)

    def _language(self, staff_request: StaffRequest) -> str | None:
        language = staff_request.typed.one("language")
        return language if language in self.pages.languages else None

    def _invite(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        typed = staff_request.typed
        names = ("email", "name", "role", "language", "how", REACH)
        return self.settings.page(
            staff_request,
            "access/invite",
            here="staff",
            errors=errors,
            typed={name: typed.one(name) for name in names},
            ticked=typed.many("lists"),
            slugs=self._slugs(staff_request),
            roles=role_choices(staff_request.words),
            offered=self.pages.languages,
            has_mail=self._has_mail,
        )

    @property
    def _has_mail(self) -> bool:
        settings = self.app.settings
        return settings.reaches_people(settings.delivery.provider)

    def _slugs(self, staff_request: StaffRequest) -> list[str]:
        return list_settings.slugs(self.app, by=staff_request.actor)

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show a member, and what can be changed of them.
        """
        return self._member(staff_request, self._find(staff_request))

    def change(self, staff_request: StaffRequest) -> Response:
        """
        Give a member another role and other lists.
        """
        member, errors = self._find(staff_request), list[FieldError]()
        role = chosen_role(staff_request, errors)
        lists = chosen_lists(staff_request, self._slugs(staff_request), errors)
        if errors:
            return self._member(staff_request, member, *errors)
        lists = None if role is Role.OWNER else lists
        staff.change_role(self.app, member.email, role, lists=lists, by=staff_request.actor)
        text = staff_request.words.gettext(
            "Saved. They are logged out, and have the new role when they log in again."
        )
        return self.pages.done(staff_request.request, f"{STAFF}/{member.id}", text)

    def reset(self, staff_request: StaffRequest) -> Response:
        """
        Send a member a link to choose a new password, or show it.
        """
        member, typed = self._find(staff_request), staff_request.typed
        link = staff.reset(
            self.app,
            member.email,
            factors=bool(typed.one("factors")),
            by_mail=typed.one("how") != "link",
            by=staff_request.actor,
        )
        return self._link(staff_request, link, is_invitation=False)

    def invite_again(self, staff_request: StaffRequest) -> Response:
        """
        Make a new link for somebody who was invited and has not accepted. The one of before ends.
        """
        member = self._find(staff_request)
        invited = staff.invite(
            self.app,
            member.email,
            role=member.role,
            lists=member.lists,
            name=member.name,
            language=member.language,
            by_mail=staff_request.typed.one("how") != "link",
            by=staff_request.actor,
        )
        return self._link(staff_request, invited, is_invitation=True)

    def remove(self, staff_request: StaffRequest) -> Response:
        """
        Remove a member, if the box is ticked.
        """
        member, _ = self._find(staff_request), staff_request.words.gettext
        if not staff_request.typed.one("sure"):
            path, text = f"{STAFF}/{member.id}", _("Nobody was removed: tick the box first.")
            return self.pages.done(staff_request.request, path, text, kind="bad")
        removed = staff.remove(self.app, member.email, by=staff_request.actor)
        text = _("%(name)s is removed, and logged out.", name=member.name or member.email)
        if removed.schedules:
            text += " " + _(
                "They are no longer an editor of %(schedules)s.",
                schedules=listed(removed.schedules, staff_request.words),
            )
        if removed.without_editors:
            text += " " + _(
                "Nobody is asked by email about the drafts of %(schedules)s now.",
                schedules=listed(removed.without_editors, staff_request.words),
            )
        return self.pages.done(staff_request.request, STAFF, text)

    def _find(self, staff_request: StaffRequest) -> Member:
        """
        Return the member whose number is in the path.

        Raises:
            NotFound: there is none.
        """
        number = number_in(staff_request.request)
        for member in staff.show_all(self.app, by=staff_request.actor):
            if member.id == number:
                return member
        raise NotFound(phrase("there is no such member"))

    def _member(self, staff_request: StaffRequest, member: Member, *errors: FieldError) -> Response:
        typed = staff_request.typed
        has_some = typed.one(REACH) == "some" if errors else member.lists is not None
        ticked = typed.many("lists") if errors else sorted(member.lists or ())
        return self.settings.page(
            staff_request,
            "access/member",
            here="staff",
            action=f"{STAFF}/{member.id}",
            errors=errors,
            typed={
                "role": typed.one("role") or member.role.value,
                REACH: "some" if has_some else "all",
            },
            ticked=ticked,
            slugs=self._slugs(staff_request),
            roles=role_choices(staff_request.words),
            shown=member,
            has_mail=self._has_mail,
            is_oneself=member.id == staff_request.logged_in.member.id,
        )

    def _link(
        self, staff_request: StaffRequest, made: MemberLink, *, is_invitation: bool
    ) -> Response:
        _, email = staff_request.words.gettext, made.member.email
        if made.url is None:
            text = _("The link is on its way to %(address)s.", address=email)
            if not self._has_mail:
                text = _(
                    "The email with the link stays here: no provider sends emails to people yet. "
                    "Make the link again, and pass it on yourself."
                )
                here = f"{STAFF}/{made.member.id}"
                return self.pages.done(staff_request.request, here, text, kind="warn")
            return self.pages.done(staff_request.request, STAFF, text)
        return self.settings.page(
            staff_request,
            "access/link",
            here="staff",
            url=made.url,
            address=email,
            is_invitation=is_invitation,
        )
