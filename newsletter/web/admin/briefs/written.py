"""
Write a brief by hand, with a preview of what readers get.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.content import media, written_briefs
from newsletter.actions.guard.requires import require_permission
from newsletter.errors import ReadError
from newsletter.ingest.written_briefs import WrittenBrief
from newsletter.model.access import Permission
from newsletter.model.brief import Brief
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
            page(f"{INBOX}/preview", needs=Needs.SESSION, submit=self.preview),
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
        fields = typed_fields(typed)
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
                text = staff_request.words.gettext(
                    "The brief is saved: schedules and issues may take it."
                )
                then = next_step(self.app, staff_request.actor, staff_request.words)
                return self.pages.done(staff_request.request, f"{INBOX}/{kept.id}", text, then=then)
        copy = "" if errors else self._copy(staff_request, fields)
        return self._page(staff_request, fields, copy, *errors)

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
        fields = typed_fields(staff_request.typed)
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
        return reading_copy(shown, style=self.pages.files.path("newsroom/newsroom.css"))

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
            copy=copy,
        )


def _errors_of(fields: dict[str, str], words: StaffWords) -> list[FieldError]:
    changes = {**changes_of(as_typed(_NOTHING), fields), "title": fields["title"]}
    return errors_in(_NOTHING, changes, words)


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
        takeaways=tuple(fields["takeaway"].split("\n")),
        body=fields["body"],
    )
