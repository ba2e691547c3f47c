"""
The preview of an issue: its email in a frame, as a sample reader would see it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from newsletter.actions.guard.requires import require_permission
from newsletter.actions.issues import issue_pages, previews
from newsletter.actions.issues.previews import PersonReader, SampleReader
from newsletter.actions.people.newsroom import person_page, quick_search
from newsletter.errors import Forbidden, NewsletterError, NotFound, StoreError
from newsletter.model.access import Permission
from newsletter.model.draft_content import DraftContent
from newsletter.model.issue import EDITABLE
from newsletter.web.admin.issues.drafts.draft_form import read_form
from newsletter.web.admin.path_numbers import is_number, number_in
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages
from newsletter.web.page.style import BASE_POLICY
from newsletter.web.page.templates import MAIL_POLICY, SANDBOXED
from subscribers.filters.model import PeopleFilter

# The pages of the newsroom show the email in a frame; no other site may. Opened alone, it runs no
# script either, and is nobody's page.
_ENDS = f"frame-ancestors 'self'; {BASE_POLICY}; {SANDBOXED}"
_NO_PICTURES = re.sub(r"img-src [^;]*", "img-src 'none'", MAIL_POLICY)
_PREFERS = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
_BOTH_SCHEMES = re.compile(r"\blight dark\b", re.IGNORECASE)
# The reader is the person with the number behind this.
PERSON = "person-"
_MOST_PEOPLE = 8
_END_OF_HEAD = "</head>"
_CHOICES = {
    "width": ("desk", "phone"),
    "scheme": ("light", "dark"),
    "pictures": ("shown", "blocked"),
    "part": ("email", "text"),
    "reader": tuple(SampleReader),
}


@dataclass(frozen=True, kw_only=True)
class PreviewChoice:
    """
    How a preview shows an email: to which reader, how wide, in which colours, with or without
    pictures, and which part of it.
    """

    width: str = "desk"
    scheme: str = "light"
    pictures: str = "shown"
    part: str = "email"
    reader: str = SampleReader.ORDINARY.value

    @classmethod
    def of(cls, request: Request) -> PreviewChoice:
        """
        Read the choice from the query; what is not valid there is the usual one.
        """
        asked = request.query_params
        given = {name: asked.get(name, "") for name in _CHOICES}
        found = {name: each for name, each in given.items() if each in _CHOICES[name]}
        number = given["reader"].removeprefix(PERSON)
        if given["reader"].startswith(PERSON) and is_number(number):
            found["reader"] = given["reader"]
        return cls(**found)

    @property
    def person(self) -> int | None:
        """
        Return the number of the person whose email is shown; None if the reader is a sample.
        """
        is_person = self.reader.startswith(PERSON)
        return int(self.reader.removeprefix(PERSON)) if is_person else None

    @property
    def query(self) -> str:
        """
        Return the choice as a query.
        """
        return urlencode(vars(self))


class PreviewPages:
    """
    The previews of the issues of one App.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of the email itself, and of the part of a page that holds its frame.
        """
        page = self.staff_routes.page
        return [
            page(
                "/admin/issues/{number}/preview",
                needs=Needs.SESSION,
                show=self.show_email,
                submit=self.show_typed,
                looks=True,
            ),
            page("/admin/issues/{number}/view", needs=Needs.SESSION, show=self.show_frame),
            page("/admin/issues/{number}/find-reader", needs=Needs.SESSION, submit=self.find),
        ]

    def show_frame(self, staff_request: StaffRequest) -> Response:
        """
        Show the frame with the email as it was chosen.
        """
        number, by = number_in(staff_request.request), staff_request.actor
        is_open = issue_pages.content(self.app, number, by=by).issue.state in EDITABLE
        return self.pages.fragment(
            staff_request.request,
            "issues/parts/stage.html",
            logged_in=staff_request.logged_in,
            number=number,
            can_type=is_open and Permission.ISSUES_WRITE in by.permissions,
            view=PreviewChoice.of(staff_request.request),
        )

    def find(self, staff_request: StaffRequest) -> Response:
        """
        Find readers of the issue's lists, and show its email as the first of them.
        """
        number, by = number_in(staff_request.request), staff_request.actor
        rule = issue_pages.content(self.app, number, by=by).issue.audience
        text = staff_request.typed.one("who").replace("\0", "").strip()
        which = PeopleFilter(among=frozenset(rule.lists))
        require_permission(by, Permission.PEOPLE_READ)
        people = (
            quick_search.find_typed(self.app, text, which, limit=_MOST_PEOPLE, by=by).people
            if text
            else ()
        )
        if staff_request.request.headers.get("hx-request"):
            return self.pages.fragment(
                staff_request.request,
                "issues/parts/reader.html",
                logged_in=staff_request.logged_in,
                view=PreviewChoice(reader=f"{PERSON}{people[0].id}" if people else "ordinary"),
                people=people,
                is_missing=not people,
            )
        here = f"/admin/issues/{number}"
        if not people:
            missing = staff_request.words.gettext("No reader of these lists is called so.")
            path = f"{here}#h-preview"
            return self.pages.done(staff_request.request, path, missing, kind="warn")
        return self.pages.redirect(f"{here}?reader={PERSON}{people[0].id}#h-preview")

    def show_email(self, staff_request: StaffRequest) -> Response:
        """
        Show the email of a sample reader. Its links open in a new window.
        """
        return self._email(staff_request)

    def show_typed(self, staff_request: StaffRequest) -> Response:
        """
        Show the email as it would be if the form of the draft were saved.
        """
        number, by = number_in(staff_request.request), staff_request.actor
        require_permission(by, Permission.ISSUES_WRITE)
        stored = issue_pages.content(self.app, number, by=by)
        kept = DraftContent.of(stored.issue, stored.briefs)
        return self._email(staff_request, read_form(staff_request.typed, kept, by=by).content)

    def _reader(
        self, staff_request: StaffRequest, choice: PreviewChoice
    ) -> SampleReader | PersonReader:
        if choice.person is None:
            return SampleReader(choice.reader)
        found = person_page.show(self.app, choice.person, by=staff_request.actor)
        stored = {field.name: value for field, value in found.fields}
        return PersonReader(name=found.person.name, email=found.address, stored=stored)

    def _email(self, staff_request: StaffRequest, typed: DraftContent | None = None) -> Response:
        request = staff_request.request
        choice = PreviewChoice.of(request)
        try:
            copy = previews.preview(
                self.app,
                number_in(request),
                reader=self._reader(staff_request, choice),
                typed=typed,
                by=staff_request.actor,
            )
        except (NotFound, Forbidden, StoreError):
            raise
        except NewsletterError as error:
            text = staff_request.words.gettext("The email cannot be made yet:")
            line = f"{text}\n{line_of(error, staff_request.words)}"
            return PlainTextResponse(line, 409, headers=framed_headers(MAIL_POLICY))
        if choice.part == "text":
            return PlainTextResponse(copy.message.text, headers=framed_headers(MAIL_POLICY))
        policy = _NO_PICTURES if choice.pictures == "blocked" else MAIL_POLICY
        html = in_scheme(copy.message.html, choice.scheme)
        return HTMLResponse(html, headers=framed_headers(policy))


def in_scheme(html: str, scheme: str) -> str:
    """
    Return an email as a program shows it that prefers *scheme*, whatever the browser prefers.
    """
    head, end, body = html.partition(_END_OF_HEAD)
    if not end:
        return html

    def is_met(match: re.Match[str]) -> str:
        return "(min-width:0)" if match[1].lower() == scheme else "(max-width:0)"

    head = _BOTH_SCHEMES.sub(scheme, _PREFERS.sub(is_met, head))
    head = head.replace("<head>", '<head><base target="_blank">', 1)
    return f"{head}{end}{body}"


def framed_headers(policy: str) -> dict[str, str]:
    """
    Return the headers of an email that the pages of the newsroom show in a frame.
    """
    return {
        "Content-Security-Policy": f"{policy}; {_ENDS}",
        "X-Frame-Options": "SAMEORIGIN",
    }
