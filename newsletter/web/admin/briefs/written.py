"""
Write a brief by hand, with a preview of what readers get.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.content import briefs, media, written_briefs
from newsletter.actions.guard.requires import require_permission
from newsletter.errors import ReadError
from newsletter.ingest.written_briefs import WrittenBrief
from newsletter.model.access import Permission
from newsletter.model.brief import Brief, Link
from newsletter.model.image import MEDIA_PREFIX
from newsletter.web.admin.briefs.brief_form import as_typed, changes_of, errors_in, typed_fields
from newsletter.web.admin.briefs.inbox_query import INBOX
from newsletter.web.admin.briefs.pasted import with_pasted
from newsletter.web.admin.briefs.reading_copy import reading_copy
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.refusals import REFUSALS, line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from newsletter.web.admin.today.first_steps import next_step
from newsletter.web.typed_form import TypedForm

_NEW = f"{INBOX}/new"
_NOTHING = Brief(title="")


class WritingPages:
    """
    The pages on which one App's staff write a brief.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        page = self.staff_routes.page
        return [
            page(_NEW, needs=Needs.SESSION, show=self.show, submit=self.save),
            page(f"{INBOX}/preview", needs=Needs.SESSION, submit=self.preview, looks=True),
            page(f"{INBOX}/picture", needs=Needs.SESSION, submit=self.upload),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show an empty form.
        """
        require_permission(staff_request.actor, Permission.BRIEFS_WRITE)
        return self._page(staff_request, {"date": self.app.clock().date().isoformat()}, "")

    def save(self, staff_request: StaffRequest) -> Response:
        """
        Store the brief, or show what readers would get of it.
        """
        require_permission(staff_request.actor, Permission.BRIEFS_WRITE)
        typed = staff_request.typed
        fields = _fields_in(typed)
        if typed.one("then") == "paste":
            fields, errors = with_pasted(self.pages, staff_request, fields)
            return self._page(staff_request, fields, "", *errors)
        errors = _errors_of(fields, staff_request.words)
        errors += self._upload(staff_request, fields)
        if not errors and typed.one("then") != "preview":
            try:
                written = _written(fields)
                kept = written_briefs.write(self.app, written, by=staff_request.actor)
            except REFUSALS as error:
                errors = [_body_error(error, staff_request.words)]
            else:
                text = self._said(staff_request, kept.id)
                then = next_step(self.app, staff_request.actor, staff_request.words)
                return self.pages.done(staff_request.request, f"{INBOX}/{kept.id}", text, then=then)
        copy = "" if errors else self._copy(staff_request, fields)
        return self._page(staff_request, fields, copy, *errors)

    def _said(self, staff_request: StaffRequest, number: int) -> str:
        """
        Hold the brief that was saved if that was asked, and say what may take it now.
        """
        _ = staff_request.words.gettext
        if staff_request.typed.one("then") != "hold":
            return _("The brief is saved: schedules and issues may take it.")
        briefs.hold(self.app, number, reason="", by=staff_request.actor)
        return _("The brief is saved and held: no schedule takes it until somebody frees it.")

    def upload(self, staff_request: StaffRequest) -> Response:
        """
        Store the picture that was chosen, and show it in its part of the form.
        """
        require_permission(staff_request.actor, Permission.BRIEFS_WRITE)
        fields = _fields_in(staff_request.typed)
        errors = self._upload(staff_request, fields)
        return self.pages.fragment(
            staff_request.request,
            "briefs/parts/uploaded.html",
            logged_in=staff_request.logged_in,
            image=fields["image"],
            error=errors[0].text if errors else "",
        )

    def _upload(self, staff_request: StaffRequest, fields: dict[str, str]) -> list[FieldError]:
        """
        Store the picture that was chosen, and put its address into *fields*.
        """
        file = staff_request.typed.files.get("picture")
        if file is None:
            return []
        try:
            image = media.upload(self.app, file.content, by=staff_request.actor)
        except ReadError as error:
            return [FieldError(name="picture", text=line_of(error, staff_request.words))]
        fields["image"] = MEDIA_PREFIX + image.id
        return []

    def preview(self, staff_request: StaffRequest) -> Response:
        """
        Show what readers would get, as a part of the page with the form.
        """
        fields = _fields_in(staff_request.typed)
        return self.pages.fragment(
            staff_request.request,
            "briefs/parts/preview.html",
            logged_in=staff_request.logged_in,
            copy=self._copy(staff_request, fields),
        )

    def _copy(self, staff_request: StaffRequest, fields: dict[str, str]) -> str:
        """
        Return the document of the preview, without what is not valid yet; empty if there is none.
        """
        wrong = {error.name for error in _errors_of(fields, staff_request.words)}
        fields = {name: "" if name in wrong else value for name, value in fields.items()}
        try:
            written = _written({**fields, "title": fields["title"] or "…"})
            brief = written_briefs.preview(self.app, written, by=staff_request.actor)
        except REFUSALS:
            return ""
        shown = brief if fields["title"] else replace(brief, title="")
        style, read_more = self.pages.files.path("newsroom/newsroom.css"), staff_request.words
        return reading_copy(shown, style=style, read_more=read_more.gettext("Read more"))

    def _page(
        self,
        staff_request: StaffRequest,
        fields: dict[str, str],
        copy: str,
        *errors: FieldError,
    ) -> Response:
        return self.pages.page(
            staff_request.request,
            "briefs/new.html",
            section="briefs",
            action=_NEW,
            logged_in=staff_request.logged_in,
            errors=errors,
            typed=fields,
            image=fields.get("image", ""),
            copy=copy,
        )


def _fields_in(typed: TypedForm) -> dict[str, str]:
    """
    Return what was typed, with the text of the button.
    """
    return {**typed_fields(typed), "button": typed.one("button").strip()}


def _errors_of(fields: dict[str, str], words: StaffWords) -> list[FieldError]:
    others = {name: value for name, value in fields.items() if name != "button"}
    changes = {**changes_of(as_typed(_NOTHING), others), "title": fields["title"]}
    found = errors_in(_NOTHING, changes, words)
    if fields["button"] and not fields["url"]:
        text = words.gettext("The button needs a page that it leads to.")
        found.append(FieldError(name="url", text=text))
    return found


def _body_error(error: Exception, words: StaffWords) -> FieldError:
    return FieldError(name="body", text=line_of(error, words))


def _written(fields: dict[str, str]) -> WrittenBrief:
    return WrittenBrief(
        title=fields["title"],
        series=fields["series"],
        date=dt.date.fromisoformat(fields["date"]) if fields["date"] else None,
        url=fields["url"],
        language=fields["language"],
        image=fields["image"],
        image_alt=fields["image-alt"],
        caption=fields["caption"],
        credit=fields["credit"],
        call_to_action=Link(fields["button"], fields["url"]) if fields["button"] else None,
        takeaways=tuple(fields["takeaway"].split("\n")),
        body=fields["body"],
    )
