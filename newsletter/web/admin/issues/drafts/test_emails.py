"""
Send a draft as a test to one's own address, or to others that got tests before.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.issues import issue_delivery, issue_pages
from newsletter.actions.issues.drafts import audience
from newsletter.web.admin.frame.notices import NextLink
from newsletter.web.admin.path_numbers import number_in
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from subscribers.errors import InvalidAddress

_HERE = "/admin/issues/{number}"
_MOST = 20


class TestEmailPages:
    """
    The page from which tests of the issues of one App are sent.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the route of this page.
        """
        page = self.staff_routes.page
        return [page(f"{_HERE}/test", needs=Needs.SESSION, show=self.show, submit=self.send)]

    def show(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        """
        Show the addresses to choose from.
        """
        number, by = number_in(staff_request.request), staff_request.actor
        own = staff_request.logged_in.member.email
        known = audience.addresses_of_tests(self.app, by=by)
        stored = issue_pages.content(self.app, number, by=by)
        typed = staff_request.typed
        return self.pages.page(
            staff_request.request,
            "issues/test.html",
            section="issues",
            logged_in=staff_request.logged_in,
            errors=errors,
            typed={"more": typed.one("more")},
            here=_HERE.format(number=number),
            number=number,
            heading=stored.subject or (stored.briefs[0].brief.title if stored.briefs else ""),
            addresses=list(dict.fromkeys((own, *known))),
            ticked=typed.many("address") if errors else (own,),
        )

    def send(self, staff_request: StaffRequest) -> Response:
        """
        Send a test to the addresses that were ticked or typed.
        """
        number, _ = number_in(staff_request.request), staff_request.words.gettext
        typed = staff_request.typed
        more = typed.one("more").replace(",", " ").replace(";", " ").split()
        addresses = list(dict.fromkeys((*typed.many("address"), *more)))
        if not addresses or len(addresses) > _MOST:
            text = _("Choose at least one address, and at most %(most)s.", most=_MOST)
            return self.show(staff_request, FieldError(name="more", text=text))
        try:
            made = issue_delivery.send_test(self.app, number, addresses, by=staff_request.actor)
        except InvalidAddress:
            text = _("One of these is not an email address.")
            return self.show(staff_request, FieldError(name="more", text=text))
        request, here = staff_request.request, _HERE.format(number=number)
        settings = self.app.settings
        if not settings.reaches_people(settings.delivery.provider):
            text = _(
                "No email was sent: this installation does not send emails to people yet. Ask your "
                "administrator to set up a provider."
            )
            then = NextLink(label=_("Look at the test"), path=_HERE.format(number=made))
            return self.pages.done(request, here, text, kind="warn", then=then)
        text = staff_request.words.ngettext(
            "A test is on its way to %(n)s address.",
            "A test is on its way to %(n)s addresses.",
            len(addresses),
            n=len(addresses),
        )
        return self.pages.done(request, here, text)
