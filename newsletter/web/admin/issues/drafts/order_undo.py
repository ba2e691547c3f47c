"""
Take back a change of the briefs of a draft: which there are, and their order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.issues import issue_pages
from newsletter.actions.issues.drafts import content as drafts
from newsletter.actions.issues.drafts.content import DraftChanged
from newsletter.model.draft_content import DraftContent
from newsletter.model.issue import ShownAs
from newsletter.web.admin.frame.notices import Undo
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.issues.drafts.draft_form import numbers_in
from newsletter.web.admin.path_numbers import number_in
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages

_HERE = "/admin/issues/{number}"
_PATH = f"{_HERE}/order"


def undo_of(
    number: int, before: DraftContent, after: DraftContent, *, headings: Mapping[int, str]
) -> Undo | None:
    """
    Return the form that gives a draft the briefs it had *before*, under their *headings*; None if
    they are the same.
    """
    if before.briefs == after.briefs:
        return None
    gone = {each for each, _ in before.briefs} - {each for each, _ in after.briefs}
    order = " ".join(f"{each}.{shown_as.value}" for each, shown_as in before.briefs)
    values = {"order": order, "template": before.template, "seen": after.version}
    values |= {_heading(each): headings[each] for each in sorted(gone) if each in headings}
    return Undo(path=_PATH.format(number=number), values=values)


def _heading(number: int) -> str:
    """
    Return the name of the field with the heading of a brief.
    """
    return f"heading-{number}"


def moved_in_words(
    moved: tuple[str, int] | None, titles: Mapping[int, str], words: StaffWords
) -> str:
    """
    Say what a button did to a brief.
    """
    _ = words.gettext
    if moved is None:
        return _("The briefs are changed.")
    button, number = moved
    title = titles.get(number) or _("Brief %(number)s", number=number)
    if button == "out":
        return _("“%(title)s” is taken out.", title=title)
    if button == "up":
        return _("“%(title)s” is moved up.", title=title)
    return _("“%(title)s” is moved down.", title=title)


class OrderUndo:
    """
    The form that takes back a change of the briefs of a draft of one App.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the route of this form.
        """
        return [self.staff_routes.page(_PATH, needs=Needs.SESSION, submit=self.undo, back=_HERE)]

    def undo(self, staff_request: StaffRequest) -> Response:
        """
        Give the draft the briefs that the form names, unless somebody has saved it since.
        """
        number, _ = number_in(staff_request.request), staff_request.words.gettext
        by, typed = staff_request.actor, staff_request.typed
        stored = issue_pages.content(self.app, number, by=by)
        kept = DraftContent.of(stored.issue, stored.briefs)
        asked = replace(
            kept,
            briefs=_briefs_in(typed.one("order")),
            template=typed.one("template") or kept.template,
        )
        try:
            drafts.save_draft(
                self.app,
                number,
                asked,
                audience=None,
                seen=typed.one("seen"),
                headings={each: typed.one(_heading(each)) for each, _ in asked.briefs},
                by=by,
            )
        except DraftChanged:
            text = _("Nothing was taken back: the draft has been saved since.")
            return self.pages.done(
                staff_request.request, _HERE.format(number=number), text, kind="warn"
            )
        here = f"{_HERE.format(number=number)}#order"
        return self.pages.done(staff_request.request, here, _("The briefs are as before."))


def _briefs_in(text: str) -> tuple[tuple[int, ShownAs], ...]:
    """
    Return the briefs in an order as `undo_of` writes it; what is not valid is left out.
    """
    found: dict[int, ShownAs] = {}
    for each in text.split():
        number, _, way = each.partition(".")
        if way in list(ShownAs):
            found |= {known: ShownAs(way) for known in numbers_in([number])}
    return tuple(found.items())
