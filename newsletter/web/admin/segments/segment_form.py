"""
The form of a segment: what was typed and picked, what it selects, and what is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from newsletter.actions.people.newsroom import rule_preview
from newsletter.actions.people.newsroom.rule_preview import RulePreview
from newsletter.model.access import Permission
from newsletter.web.admin.routes import StaffRequest
from newsletter.web.admin.segments.rule_rows import (
    COMPARISONS,
    ON_LIST,
    PENDING_ON_LIST,
    ROWS,
    RuleRow,
    rule_of,
)
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from newsletter.web.typed_form import TypedForm
from subscribers.errors import RuleError
from subscribers.segments.model import Attribute

_ATTRIBUTES = tuple(each.value for each in Attribute)
# A field of such a name is asked about with a word before it.
_WORDS = frozenset(
    {*_ATTRIBUTES, "consent", "mailed", "received", "bounced", "pending", "ended", "on", "of"}
)


@dataclass(frozen=True, kw_only=True)
class TypedSegment:
    """
    A segment as it was typed.
    """

    name: str = ""
    rule: str = ""
    list_slug: str = ""
    rows: Sequence[RuleRow] = ()
    any_of: bool = False


def read_typed(typed: TypedForm) -> TypedSegment:
    """
    Return what was typed and picked.
    """
    rows = [
        RuleRow(
            subject=typed.one(f"subject-{n}"),
            comparison=typed.one(f"comparison-{n}"),
            value=typed.one(f"value-{n}"),
        )
        for n in range(ROWS)
    ]
    return TypedSegment(
        name=typed.one("name").strip(),
        rule=typed.one("rule").strip(),
        list_slug=typed.one("list"),
        rows=rows,
        any_of=typed.one("joined") == "or",
    )


class SegmentForm:
    """
    Shows the form of a segment.
    """

    def __init__(self, pages: StaffPages) -> None:
        self.pages = pages
        self.app = pages.app

    def answer(
        self, staff_request: StaffRequest, segment: TypedSegment, template: str, **values: Any
    ) -> Response | None:
        """
        Return the answer to a form that asks for a rule from its rows, or for a count; None if it
        is to be saved.
        """
        typed, is_part = staff_request.typed, bool(staff_request.request.headers.get("hx-request"))
        if typed.one("build"):
            rule = rule_of(segment.rows, any_of=segment.any_of) or segment.rule
            segment = TypedSegment(**{**vars(segment), "rule": rule})
            part = "segments/parts/rule.html"
        elif typed.one("count"):
            part = "segments/parts/preview.html"
        else:
            return None
        return self.show(staff_request, segment, part if is_part else template, is_part, **values)

    def show(
        self,
        staff_request: StaffRequest,
        segment: TypedSegment,
        template: str,
        is_part: bool = False,
        errors: Sequence[FieldError] = (),
        *,
        counts: bool = True,
        **values: Any,
    ) -> Response:
        """
        Return the page, or a part of it, with the form; if it *counts*, with whom the rule selects.
        """
        found: RulePreview | None = None
        wrong = list(errors)
        if counts and segment.rule and not any(each.name == "rule" for each in wrong):
            try:
                found = rule_preview.preview(
                    self.app, segment.rule, list_slug=segment.list_slug, by=staff_request.actor
                )
            except RuleError as error:
                wrong.append(rule_error(staff_request, error))
        return self._rendered(staff_request, segment, template, is_part, wrong, found, values)

    def _rendered(
        self,
        staff_request: StaffRequest,
        segment: TypedSegment,
        template: str,
        is_part: bool,
        errors: Sequence[FieldError],
        found: RulePreview | None,
        values: dict[str, Any],
    ) -> Response:
        by = staff_request.actor
        offered = rule_preview.subjects(self.app, by=by)
        language = staff_request.words.language
        fields = [
            (f"field {field.name}" if field.name in _WORDS else field.name, field.label(language))
            for field in offered.fields
        ]
        shown: dict[str, Any] = {
            "segment": segment,
            "rows": [*segment.rows, *[RuleRow()] * ROWS][:ROWS],
            "lists": offered.lists,
            "fields": fields,
            "attributes": _ATTRIBUTES,
            "comparisons": tuple(COMPARISONS),
            "on_lists": (ON_LIST, PENDING_ON_LIST),
            "preview": found,
            "most": rule_preview.MOST_COUNTED,
            "wrong": errors,
            "may_write": Permission.SEGMENTS_WRITE in by.permissions,
            "may_see_people": Permission.PEOPLE_READ in by.permissions,
            "is_unlimited": by.lists is None,
            **values,
        }
        if is_part:
            return self.pages.fragment(
                staff_request.request,
                template,
                logged_in=staff_request.logged_in,
                form=None,
                status_code=200,
                **shown,
            )
        return self.pages.page(
            staff_request.request,
            template,
            section="people",
            logged_in=staff_request.logged_in,
            errors=errors,
            typed={"name": segment.name, "rule": segment.rule},
            **shown,
        )


def rule_error(staff_request: StaffRequest, error: RuleError) -> FieldError:
    """
    Say what is wrong with a rule, and where.
    """
    words = staff_request.words
    message = words.translate(error.message)
    text = words.gettext("Character %(n)s: %(message)s", n=error.column, message=message)
    return FieldError(name="rule", text=text)
