"""
The links of an issue: where each stands, and whether there is a page once they are opened.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.issues import checks
from newsletter.errors import NewsletterError
from newsletter.issues.release_conditions.link_check import LinkStatus
from newsletter.web.admin.path_numbers import number_in
from newsletter.web.admin.refusals import RefusalKind, kind_of, line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages

_HERE = "/admin/issues/{number}"
_FAILED = (LinkStatus.NOT_FOUND, LinkStatus.NO_ANSWER)


class LinkPages:
    """
    The pages of one App that show the links of an issue.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the route of this page.
        """
        page, path = self.staff_routes.page, f"{_HERE}/links"
        return [page(path, needs=Needs.SESSION, show=self.show, submit=self.open, back=_HERE)]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the links, without opening them.
        """
        return self._page(staff_request, follow_links=False)

    def open(self, staff_request: StaffRequest) -> Response:
        """
        Open each link, and show which have a page. Nothing changes, so the answer is the page.
        """
        return self._page(staff_request, follow_links=True)

    def _page(self, staff_request: StaffRequest, *, follow_links: bool) -> Response:
        number, by = number_in(staff_request.request), staff_request.actor
        here = _HERE.format(number=number)
        try:
            found = checks.links_of_issue(self.app, number, follow_links=follow_links, by=by)
        except NewsletterError as error:
            if kind_of(error) is not RefusalKind.REFUSED:
                raise
            # The draft has to be mended first, and its page says where.
            return self.pages.done(
                staff_request.request, here, line_of(error, staff_request.words), kind="bad"
            )
        # What needs somebody stands first.
        links = sorted(found.links, key=lambda each: each.status not in _FAILED)
        return self.pages.page(
            staff_request.request,
            "issues/links.html",
            section="issues",
            logged_in=staff_request.logged_in,
            here=here,
            number=number,
            issue=found.issue,
            titles=found.titles,
            links=links,
            failed=sum(each.status in _FAILED for each in links),
            is_opened=follow_links,
        )
