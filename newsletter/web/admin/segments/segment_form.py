"""
The form of a segment: what was typed and picked, what it selects, and what is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from newsletter.actions.people.newsroom import rule_preview
from newsletter.actions.people.newsroom.rule_preview import RulePreview, RuleSubjects
from newsletter.model.access import Permission
from newsletter.web.admin.routes import StaffRequest
from newsletter.web.admin.segments.picking import Picking, ShownSegment, pick, with_places
from newsletter.web.admin.segments.read_rows import rows_of
from newsletter.web.admin.segments.row_subjects import subjects_of
from newsletter.web.admin.segments.rule_rows import COMPARISONS, MOST_ROWS, ROWS, row_at, rule_of
from newsletter.web.admin.segments.settled_rows import settle, shown_for
from newsletter.web.admin.segments.typed_segment import TypedSegment
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from newsletter.web.api.requests.request_limits import RateClass, RequestLimits
from subscribers.errors import RuleError


class SegmentForm:
    """
    Shows the form of a segment.
    """

    def __init__(self, pages: StaffPages) -> None:
        self.pages = pages
        self.app = pages.app
        # Whoever may count has as many counts in a minute as a token.
        self.limits = RequestLimits(self.app.settings.api, lambda: self.app.clock().timestamp())

    def answer(
        self, staff_request: StaffRequest, segment: TypedSegment, template: str, **values: Any
    ) -> Response | None:
        """
        Return the answer to a form that asks for a rule from its rows, for one more row, or for a
        count; None if it is to be saved. A rule is not saved while its rows say something else.
        """
        typed, is_part = staff_request.typed, _is_scripted(staff_request)
        offered, picking = self._picking(staff_request, segment)
        part, more = "segments/parts/rule.html", 0
        match typed.one("build"):
            case "row":
                part, more, shown = "segments/parts/rows.html", 1, ShownSegment(segment=segment)
            case "keep":
                shown = ShownSegment(segment=picking.read)
            case "yes" | "replace" as asked:
                shown = pick(picking, may_replace=asked == "replace")
            case _ if typed.one("count"):
                part, shown = "segments/parts/preview.html", ShownSegment(segment=picking.kept)
            case _:
                shown = pick(picking, may_replace=False)
                if not shown.errors and not picking.is_changed:
                    return None
                if not shown.errors:
                    shown = _to_look_at(staff_request, shown)
        return self._shown(
            staff_request,
            shown,
            part if is_part else template,
            is_part=is_part,
            offered=offered,
            places=len(segment.rows) + more,
            **values,
        )

    def show(
        self,
        staff_request: StaffRequest,
        segment: TypedSegment,
        template: str,
        errors: Sequence[FieldError] = (),
        *,
        counts: bool = True,
        **values: Any,
    ) -> Response:
        """
        Return the page with the form; if it *counts*, with whom the rule selects.
        """
        offered, picking = self._picking(staff_request, segment)
        shown = ShownSegment(segment=picking.kept if errors else picking.read, errors=errors)
        return self._shown(staff_request, shown, template, offered=offered, counts=counts, **values)

    def _picking(
        self, staff_request: StaffRequest, segment: TypedSegment
    ) -> tuple[RuleSubjects, Picking]:
        offered = rule_preview.subjects(self.app, rule=segment.rule, by=staff_request.actor)
        subjects, words = subjects_of(offered, staff_request.words), staff_request.words
        settled = settle(segment.rows, subjects, words, is_scripted=_is_scripted(staff_request))
        as_text = rows_of(offered.rule) if offered.rule else None
        return offered, Picking(typed=segment, subjects=subjects, settled=settled, as_text=as_text)

    def _shown(
        self,
        staff_request: StaffRequest,
        shown: ShownSegment,
        template: str,
        *,
        offered: RuleSubjects,
        is_part: bool = False,
        counts: bool = True,
        places: int = ROWS,
        **values: Any,
    ) -> Response:
        wrong, found, segment = list(shown.errors), None, shown.segment
        may_count = Permission.PEOPLE_READ in staff_request.actor.permissions
        is_delayed = False
        if counts and segment.rule and not wrong and may_count:
            member = staff_request.logged_in.member
            is_delayed = bool(self.limits.take(member.id, RateClass.BULK).wait_s)
            try:
                found = None if is_delayed else self._preview(staff_request, segment)
            except RuleError as error:
                wrong.append(rule_error(staff_request, error, segment, at_row=not is_part))
        values |= self._values(staff_request, segment, offered, places)
        values |= {
            "preview": found,
            "is_delayed": is_delayed,
            "wrong": wrong,
            "replaces": shown.replaces,
            "renewed": shown.renewed,
        }
        if is_part:
            return self.pages.fragment(
                staff_request.request,
                template,
                logged_in=staff_request.logged_in,
                form=None,
                status_code=200,
                is_part=True,
                **values,
            )
        return self.pages.page(
            staff_request.request,
            template,
            section="people",
            logged_in=staff_request.logged_in,
            errors=wrong,
            typed={"name": segment.name, "rule": segment.rule},
            is_part=False,
            **values,
        )

    def _preview(self, staff_request: StaffRequest, segment: TypedSegment) -> RulePreview:
        return rule_preview.preview(
            self.app, segment.rule, list_slug=segment.list_slug, by=staff_request.actor
        )

    def _values(
        self,
        staff_request: StaffRequest,
        segment: TypedSegment,
        offered: RuleSubjects,
        places: int,
    ) -> dict[str, Any]:
        by, subjects = staff_request.actor, subjects_of(offered, staff_request.words)
        return {
            "segment": segment,
            "rows": with_places(segment.rows, min(max(places, ROWS), MOST_ROWS)),
            "most_rows": MOST_ROWS,
            "lists": offered.lists,
            "subjects": subjects,
            "shown_for": lambda row: shown_for(row, subjects),
            "comparisons": tuple(COMPARISONS),
            "picked_rule": rule_of(segment.rows, any_of=segment.any_of),
            "most": rule_preview.MOST_COUNTED,
            "may_write": Permission.SEGMENTS_WRITE in by.permissions,
            "may_see_people": Permission.PEOPLE_READ in by.permissions,
            "is_unlimited": by.lists is None,
        }


def rule_error(
    staff_request: StaffRequest, error: RuleError, segment: TypedSegment, *, at_row: bool = False
) -> FieldError:
    """
    Say what is wrong with a rule, and where: in a row, if the rows wrote it.
    """
    words = staff_request.words
    message = words.translate(error.message)
    row = None
    if segment.rule == rule_of(segment.rows, any_of=segment.any_of):
        row = row_at(segment.rows, error.column, any_of=segment.any_of)
    if row is None:
        text = words.gettext("Character %(n)s: %(message)s", n=error.column, message=message)
    else:
        text = words.gettext("Condition %(n)s: %(message)s", n=row + 1, message=message)
    return FieldError(name="rule" if row is None or not at_row else f"value-{row}", text=text)


def _is_scripted(staff_request: StaffRequest) -> bool:
    return bool(staff_request.request.headers.get("hx-request"))


def _to_look_at(staff_request: StaffRequest, shown: ShownSegment) -> ShownSegment:
    """
    Return the form that was to be saved, with the rule that its rows write by now.
    """
    _ = staff_request.words.gettext
    text = (
        _("You picked something else than the rule asks: say which of them is meant.")
        if shown.replaces
        else _("What you picked became the rule. Look at it, then save it.")
    )
    error = FieldError(name="rule", text=text)
    return ShownSegment(segment=shown.segment, errors=[error], replaces=shown.replaces)
