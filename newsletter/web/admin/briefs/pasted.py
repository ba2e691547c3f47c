"""
The text of what is pasted into a text field, in Markdown: for the script that puts it there.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.content.texts import read_pasted
from newsletter.errors import ReadError, SandboxError
from newsletter.ingest.brief_body import PastedText
from newsletter.web.admin.briefs.inbox_query import INBOX
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages


class PastedTextPages:
    """
    What one App's newsroom makes of text that is pasted.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the route of the part of a page.
        """
        page = self.staff_routes.page
        return [page(f"{INBOX}/pasted", needs=Needs.SESSION, submit=self.show, looks=True)]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the text in Markdown, and what was left out of it.
        """
        try:
            html = staff_request.typed.one("pasted")
            pasted = read_pasted(self.app, html, by=staff_request.actor)
        except (ReadError, SandboxError) as error:
            pasted = PastedText(text="", left_out=(line_of(error, staff_request.words),))
        return self.pages.fragment(
            staff_request.request,
            "briefs/parts/pasted.html",
            logged_in=staff_request.logged_in,
            pasted=pasted,
        )


def with_pasted(
    pages: StaffPages, staff_request: StaffRequest, fields: dict[str, str]
) -> tuple[dict[str, str], list[FieldError]]:
    """
    Return the *fields* of a brief with what was pasted as HTML at the end of its text, or what is
    wrong with that.
    """
    html = staff_request.typed.one("pasted")
    try:
        pasted = read_pasted(pages.app, html, by=staff_request.actor)
    except (ReadError, SandboxError) as error:
        return fields, [FieldError(name="pasted", text=line_of(error, staff_request.words))]
    texts = (fields["body"].rstrip(), pasted.text)
    return {**fields, "body": "\n\n".join(filter(None, texts))}, []
