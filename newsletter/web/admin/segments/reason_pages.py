"""
The pages that explain a segment: what its rule asks part by part, how many people each part
selects, and why somebody is in it or not.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.people import segments
from newsletter.actions.people.newsroom import segment_reasons
from newsletter.actions.people.newsroom.segment_reasons import SegmentParts
from newsletter.actions.people.segments import ExplainedPart
from newsletter.model.access import Permission
from newsletter.web.admin.field_errors import invalid_email
from newsletter.web.admin.path_numbers import number_in
from newsletter.web.admin.people.person_pages import PERSON, path_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.segments.segment_pages import ONE
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from newsletter.web.write_pool import WritePool
from subscribers.errors import InvalidAddress, UnknownSubscriber
from subscribers.segments.describe import RulePart


@dataclass(frozen=True, kw_only=True)
class ShownPart:
    """
    A part of a rule in words, with the parts below it. `count` is how many people it selects by
    itself, `is_true` whether it is true of the person asked about; None if that was not asked.
    """

    words: str
    count: int | None = None
    is_true: bool | None = None
    parts: tuple[ShownPart, ...] = ()


class ReasonPages:
    """
    The pages of one App that explain segments.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes
        # Counting each part of a rule takes seconds with a million people.
        self.counting = WritePool(2, 4)

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        page, session = self.staff_routes.page, Needs.SESSION
        return [
            page(
                f"{ONE}/explain",
                needs=session,
                show=self.show,
                submit=self.answer,
                writes=self.counting,
            ),
            page(f"{PERSON}/segments", needs=session, show=self.show_person),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show what the rule asks, part by part.
        """
        return self._page(staff_request, self._parts(staff_request))

    def answer(self, staff_request: StaffRequest) -> Response:
        """
        Show how many people each part selects, or which parts are true of somebody.
        """
        typed = staff_request.typed.one("email").strip()
        if not typed:
            return self._counted(staff_request)
        name, by = staff_request.request.path_params["name"], staff_request.actor
        try:
            found = segment_reasons.of_address(self.app, name, typed=typed, by=by)
        except InvalidAddress:
            wrong = invalid_email(staff_request)
        except UnknownSubscriber:
            text = staff_request.words.gettext("Nobody here has this address.")
            wrong = FieldError(name="email", text=text)
        else:
            return self._page(staff_request, found)
        return self._page(staff_request, self._parts(staff_request), wrong)

    def show_person(self, staff_request: StaffRequest) -> Response:
        """
        Show in which segments a person is; or, with one in the query, why they are in it or not.
        """
        number, by = number_in(staff_request.request), staff_request.actor
        name = staff_request.request.query_params.get("name", "")
        if name:
            found = segment_reasons.of_person(self.app, name, number=number, by=by)
            return self._page(staff_request, found)
        theirs = segment_reasons.all_of_person(self.app, number, by=by)
        values: dict[str, Any] = {
            "logged_in": staff_request.logged_in,
            "path": path_of(number),
            "found": theirs,
        }
        if staff_request.request.headers.get("hx-request"):
            template = "people/parts/segments.html"
            return self.pages.fragment(staff_request.request, template, **values)
        return self.pages.page(
            staff_request.request,
            "people/part.html",
            section="people",
            part_name="segments",
            address=theirs.address,
            **values,
        )

    def _parts(self, staff_request: StaffRequest) -> SegmentParts:
        name = staff_request.request.path_params["name"]
        return segment_reasons.parts(self.app, name, by=staff_request.actor)

    def _counted(self, staff_request: StaffRequest) -> Response:
        name, by = staff_request.request.path_params["name"], staff_request.actor
        counted = segments.explain(self.app, name, by=by)
        tree = tree_of(counted.parts)
        return self._shown(
            staff_request, counted.segment.name, tree, count=counted.count, all=counted.everybody
        )

    def _page(
        self, staff_request: StaffRequest, found: SegmentParts, *errors: FieldError
    ) -> Response:
        tree = tree_of(found.parts, found.truths)
        return self._shown(staff_request, found.segment.name, tree, *errors, person=found.person)

    def _shown(
        self,
        staff_request: StaffRequest,
        name: str,
        tree: Sequence[ShownPart],
        *errors: FieldError,
        **values: Any,
    ) -> Response:
        return self.pages.page(
            staff_request.request,
            "segments/explain.html",
            section="people",
            logged_in=staff_request.logged_in,
            action=f"{ONE.format(name=name)}/explain",
            errors=errors,
            typed={"email": staff_request.typed.one("email")},
            segment_name=name,
            tree=tree,
            may_see_people=Permission.PEOPLE_READ in staff_request.actor.permissions,
            **({"person": None, "count": None, "all": 0} | values),
        )


def tree_of(
    parts: Sequence[RulePart | ExplainedPart],
    truths: Sequence[bool] = (),
) -> tuple[ShownPart, ...]:
    """
    Return the parts of a rule, which stand one after the other, as they are nested.
    """
    found: list[ShownPart] = []
    tops = [n for n, part in enumerate(parts) if part.depth == parts[0].depth]
    for start, end in itertools.pairwise([*tops, len(parts)]):
        part = parts[start]
        below = tree_of(parts[start + 1 : end], truths[start + 1 : end])
        found.append(
            ShownPart(
                words=part.words,
                count=part.count if isinstance(part, ExplainedPart) else None,
                is_true=truths[start] if truths else None,
                parts=below,
            )
        )
    return tuple(found)
