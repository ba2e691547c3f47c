"""
The pages of segments: all of them, a new one, and one.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.people import segments
from newsletter.actions.people.sync import segment_uses
from newsletter.errors import Refused
from newsletter.model.access import Permission
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.segments.segment_form import SegmentForm, rule_error
from newsletter.web.admin.segments.typed_segment import TypedSegment, read_typed
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from subscribers.errors import InvalidText, RuleError, SegmentExists

SEGMENTS = "/admin/segments"
NEW = "/admin/new-segment"
ONE = f"{SEGMENTS}/{{name}}"


class SegmentPages:
    """
    The pages of segments of one App.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes
        self.form = SegmentForm(pages)

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        page, session = self.staff_routes.page, Needs.SESSION
        return [
            page(SEGMENTS, needs=session, show=self.show_all),
            page(NEW, needs=session, show=self.show_new, submit=self.add, looks=True),
            page(ONE, needs=session, show=self.show, submit=self.save, looks=True),
            page(f"{ONE}/remove", needs=session, submit=self.remove, back=ONE),
        ]

    def show_all(self, staff_request: StaffRequest) -> Response:
        """
        Show every segment.
        """
        by = staff_request.actor
        return self.pages.page(
            staff_request.request,
            "segments/segments.html",
            section="people",
            logged_in=staff_request.logged_in,
            segments=segments.show_all(self.app, by=by),
            may_write=Permission.SEGMENTS_WRITE in by.permissions,
            may_see_people=Permission.PEOPLE_READ in by.permissions,
        )

    def show_new(self, staff_request: StaffRequest) -> Response:
        """
        Ask for a new segment.
        """
        return self._new(staff_request, TypedSegment())

    def add(self, staff_request: StaffRequest) -> Response:
        """
        Store a new segment, or show the form with the rule of its rows or the count of its rule.
        """
        typed = read_typed(staff_request.typed)
        answer = self.form.answer(staff_request, typed, "segments/new.html", path=NEW)
        if answer is not None:
            return answer
        by, list_slug = staff_request.actor, typed.list_slug or None
        try:
            segments.add(self.app, typed.name, typed.rule, list_slug=list_slug, by=by)
        except (RuleError, Refused, InvalidText, SegmentExists) as error:
            return self._new(staff_request, typed, _wrong(staff_request, error, typed))
        text = staff_request.words.gettext("The segment is saved.")
        return self.pages.done(staff_request.request, f"{SEGMENTS}/{typed.name}", text)

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show one segment.
        """
        name = staff_request.request.path_params["name"]
        found = segment_uses.find(self.app, name, by=staff_request.actor)
        typed = TypedSegment(name=name, rule=found.rule, list_slug=found.list_slug or "")
        return self._one(staff_request, typed)

    def save(self, staff_request: StaffRequest) -> Response:
        """
        Change the rule and the list of a segment, or show the form as for a new one.
        """
        name = staff_request.request.path_params["name"]
        typed = TypedSegment(**{**vars(read_typed(staff_request.typed)), "name": name})
        uses = segment_uses.uses_of(self.app, name, by=staff_request.actor)
        answer = self.form.answer(
            staff_request, typed, "segments/segment.html", path=f"{SEGMENTS}/{name}", uses=uses
        )
        if answer is not None:
            return answer
        by = staff_request.actor
        try:
            segments.edit(self.app, name, rule=typed.rule, list_slug=typed.list_slug, by=by)
        except (RuleError, Refused) as error:
            return self._one(staff_request, typed, _wrong(staff_request, error, typed))
        text = staff_request.words.gettext("The segment is saved.")
        return self.pages.done(staff_request.request, f"{SEGMENTS}/{name}", text)

    def remove(self, staff_request: StaffRequest) -> Response:
        """
        Remove a segment.
        """
        name = staff_request.request.path_params["name"]
        segments.remove(self.app, name, by=staff_request.actor)
        text = staff_request.words.gettext("The segment is removed.")
        return self.pages.done(staff_request.request, SEGMENTS, text)

    def _new(
        self, staff_request: StaffRequest, typed: TypedSegment, *errors: FieldError
    ) -> Response:
        return self.form.show(staff_request, typed, "segments/new.html", errors=errors, path=NEW)

    def _one(
        self, staff_request: StaffRequest, typed: TypedSegment, *errors: FieldError
    ) -> Response:
        return self.form.show(
            staff_request,
            typed,
            "segments/segment.html",
            errors=errors,
            counts=bool(errors),
            path=f"{SEGMENTS}/{typed.name}",
            uses=segment_uses.uses_of(self.app, typed.name, by=staff_request.actor),
        )


def _wrong(staff_request: StaffRequest, error: Exception, typed: TypedSegment) -> FieldError:
    _ = staff_request.words.gettext
    if isinstance(error, RuleError):
        return rule_error(staff_request, error, typed)
    if isinstance(error, SegmentExists):
        return FieldError(name="name", text=_("There is a segment of this name already."))
    if isinstance(error, InvalidText):
        text = _("Use up to 60 lower-case letters, digits, - and _, such as press.")
        return FieldError(name="name", text=text)
    return FieldError(name="rule", text=line_of(error, staff_request.words))
