"""
The composer: the page on which a draft is written and checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.issues import checks, issue_pages
from newsletter.actions.issues.drafts import approval, second_person
from newsletter.actions.issues.drafts import content as drafts
from newsletter.actions.issues.drafts.content import DraftChanged
from newsletter.actions.issues.issue_pages import StoredIssue
from newsletter.model.draft_content import DraftContent
from newsletter.model.issue import DeadlineAction, Issue, IssueKind, ShownAs
from newsletter.store.content.briefs import StoredBrief
from newsletter.web.admin.briefs.picks import Picks
from newsletter.web.admin.issues.drafts import draft_view
from newsletter.web.admin.issues.drafts.draft_form import DraftForm, next_focus, read_form
from newsletter.web.admin.issues.drafts.draft_view import DraftView, MemberRights
from newsletter.web.admin.issues.drafts.findings import (
    SortedFindings,
    foreign_fields_in,
    sort_findings,
    with_ours_instead,
    without_command,
)
from newsletter.web.admin.issues.drafts.order_undo import moved_in_words, undo_of
from newsletter.web.admin.issues.drafts.preview_pages import PreviewChoice
from newsletter.web.admin.issues.drafts.text_pictures import add_picture
from newsletter.web.admin.path_numbers import number_in
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from subscribers.errors import InvalidText

_HERE = "/admin/issues/{number}"


class ComposerPages:
    """
    The composer of one App.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of the composer, except that of a draft's own page.
        """
        page = self.staff_routes.page
        return [
            page(
                f"{_HERE}/edit",
                needs=Needs.SESSION,
                show=self.move,
                submit=self.save,
                back=_HERE,
            ),
            page(f"{_HERE}/picture", needs=Needs.SESSION, submit=self.add_picture, back=_HERE),
            page(f"{_HERE}/check", needs=Needs.SESSION, show=self.check),
        ]

    def show(self, staff_request: StaffRequest, stored: StoredIssue) -> Response:
        """
        Show a draft. With `checked` in the query, the findings of the check stand in the page.
        """
        if stored.issue.kind is not IssueKind.ISSUE:
            return self.pages.not_found(staff_request.request, staff_request.logged_in)
        is_checked = "checked" in staff_request.request.query_params
        findings = self._findings(staff_request, stored) if is_checked else None
        return self._page(staff_request, self._view(staff_request, stored), findings=findings)

    def move(self, staff_request: StaffRequest) -> Response:
        """
        Redirect to the page of the draft, which has the form.
        """
        return self.pages.redirect(_HERE.format(number=number_in(staff_request.request)))

    def check(self, staff_request: StaffRequest) -> Response:
        """
        Check a draft, and show the findings: each at its place in the page that is shown.
        """
        number = number_in(staff_request.request)
        found = checks.check_to_show(self.app, number, by=staff_request.actor)
        return self.pages.fragment(
            staff_request.request,
            "issues/parts/check.html",
            logged_in=staff_request.logged_in,
            findings=sort_findings(
                found.findings,
                found.briefs,
                intro=found.issue.intro,
                base_url=self.app.site.base_url,
            ),
            without_command=without_command,
            foreign_fields=foreign_fields_in(
                DraftContent.of(found.issue, found.briefs), staff_request.words
            ),
            rights=MemberRights.of(staff_request.actor),
            number=number,
            places=_places(DraftContent.of(found.issue, found.briefs)),
        )

    def save(self, staff_request: StaffRequest) -> Response:
        """
        Save a draft, with the briefs in the order that the button asks for.
        """
        stored, form = self._read(staff_request)
        instead = staff_request.typed.one("instead")
        if instead:
            content = with_ours_instead(form.content, instead, staff_request.words)
            form = replace(form, content=content)
        saved = self._saved(staff_request, stored, form)
        if isinstance(saved, Response):
            return saved
        if instead:
            here, _ = _HERE.format(number=saved.id), staff_request.words.gettext
            where = instead.partition(" ")[0]
            return self.pages.done(
                staff_request.request, f"{here}?checked=yes#{where}", _("The draft is saved.")
            )
        if form.moved is None and staff_request.typed.one("do") != "order":
            here, _ = _HERE.format(number=saved.id), staff_request.words.gettext
            if find := staff_request.typed.one("find").strip():
                here = f"{here}?{urlencode({'find': find})}#order"
            return self.pages.done(staff_request.request, here, _("The draft is saved."))
        after = replace(DraftContent.of(saved, ()), briefs=form.content.briefs)
        return self._reordered(staff_request, stored, form, after)

    def add_picture(self, staff_request: StaffRequest) -> Response:
        """
        Save a draft with a picture in its text.
        """
        stored, form = self._read(staff_request)
        intro, error = add_picture(self.app, staff_request, form.content.intro)
        form = replace(form, content=replace(form.content, intro=intro))
        if error is not None:
            return self._again(staff_request, stored, form, error)
        saved = self._saved(staff_request, stored, form)
        if isinstance(saved, Response):
            return saved
        here, _ = f"{_HERE.format(number=saved.id)}#intro", staff_request.words.gettext
        return self.pages.done(staff_request.request, here, _("The picture is in the text."))

    def _read(self, staff_request: StaffRequest) -> tuple[StoredIssue, DraftForm]:
        number, by = number_in(staff_request.request), staff_request.actor
        stored = issue_pages.content(self.app, number, by=by)
        kept = DraftContent.of(stored.issue, stored.briefs)
        return stored, read_form(staff_request.typed, kept, by=by)

    def _saved(
        self, staff_request: StaffRequest, stored: StoredIssue, form: DraftForm
    ) -> Issue | Response:
        """
        Save what was typed; or return the page that says why that was not done.
        """
        number, by, _ = stored.issue.id, staff_request.actor, staff_request.words.gettext
        if not form.has_lists:
            error = FieldError(name="lists", text=_("Choose at least one list."))
            return self._again(staff_request, stored, form, error)
        try:
            return drafts.save_draft(
                self.app, number, form.content, audience=form.audience, seen=form.seen, by=by
            )
        except DraftChanged:
            return self._both(staff_request, stored, form)
        except InvalidText as error:
            text = _("This has a line break or a control character. Remove it.")
            name = error.field or "subject"
            return self._again(staff_request, stored, form, FieldError(name=name, text=text))

    def _reordered(
        self, staff_request: StaffRequest, stored: StoredIssue, form: DraftForm, saved: DraftContent
    ) -> Response:
        """
        Go back to the briefs, and offer to take back what became of them.
        """
        number, words = stored.issue.id, staff_request.words
        here = f"{_HERE.format(number=number)}#{next_focus(form)}"
        headings = {each.brief_id: each.heading for each in stored.briefs if each.heading}
        before = DraftContent.of(stored.issue, stored.briefs)
        undo = undo_of(number, before, saved, headings=headings)
        if undo is None:
            return self.pages.redirect(here)
        titles = {each.brief_id: each.brief.title for each in stored.briefs}
        text = moved_in_words(form.moved, titles, words)
        return self.pages.done(staff_request.request, here, text, undo=undo)

    def _both(self, staff_request: StaffRequest, stored: StoredIssue, form: DraftForm) -> Response:
        """
        Show what was typed beside what somebody else has saved meanwhile.
        """
        theirs = DraftContent.of(stored.issue, stored.briefs)
        kept = {each for each, _ in theirs.briefs}
        gone = [each for each, _ in form.content.briefs if each in form.seen_briefs]
        taken_out = drafts.briefs_of(
            self.app, [each for each in gone if each not in kept], by=staff_request.actor
        )
        view = self._view(
            staff_request, stored, content=form.content, theirs=theirs, taken_out=taken_out
        )
        return self._page(staff_request, view, status_code=409)

    def _again(
        self, staff_request: StaffRequest, stored: StoredIssue, form: DraftForm, error: FieldError
    ) -> Response:
        view = self._view(staff_request, stored, content=form.content)
        return self._page(staff_request, view, errors=[error])

    def _view(
        self,
        staff_request: StaffRequest,
        stored: StoredIssue,
        *,
        content: DraftContent | None = None,
        theirs: DraftContent | None = None,
        taken_out: Sequence[StoredBrief] = (),
    ) -> DraftView:
        by = staff_request.actor
        choices = drafts.choices(self.app, by=by)
        rule = (content or stored.issue).audience
        known = {each.brief_id for each in stored.briefs}
        added = [each for each, _ in content.briefs if each not in known] if content else []
        find = staff_request.request.query_params.get("find", "")
        picks = Picks.load(
            self.app, choices.lists, find=find, lists=rule.lists, ticked=added, by=by
        )
        return DraftView.of(
            stored, choices, picks, content=content, theirs=theirs, taken_out=taken_out
        )

    def _at_deadline(self, staff_request: StaffRequest, view: DraftView) -> DeadlineAction | None:
        if view.issue.deadline is None:
            return None
        return approval.at_deadline(self.app, view.issue.id, by=staff_request.actor)

    def _changers(self, staff_request: StaffRequest, view: DraftView) -> frozenset[str] | None:
        """
        Return who changed it last if a second person has to approve it and none has.
        """
        limited = {each.slug for each in view.choices.lists if each.second_person_above is not None}
        if limited.isdisjoint(view.issue.audience.lists):
            return None
        found = second_person.changers_if_missing(self.app, [view.issue], by=staff_request.actor)
        return found.get(view.issue.id)

    def _findings(self, staff_request: StaffRequest, stored: StoredIssue) -> SortedFindings:
        found = checks.check_issue(
            self.app, stored.issue.id, follow_links=False, by=staff_request.actor
        )
        return sort_findings(
            found, stored.briefs, intro=stored.issue.intro, base_url=self.app.site.base_url
        )

    def _page(
        self,
        staff_request: StaffRequest,
        view: DraftView,
        *,
        findings: SortedFindings | None = None,
        errors: Sequence[FieldError] = (),
        status_code: int | None = None,
    ) -> Response:
        number = view.issue.id
        changers = self._changers(staff_request, view)
        return self.pages.page(
            staff_request.request,
            "issues/composer.html",
            section="issues",
            action=f"{_HERE.format(number=number)}/edit",
            logged_in=staff_request.logged_in,
            errors=errors,
            typed={"description": staff_request.typed.one("description")},
            status_code=status_code,
            here=_HERE.format(number=number),
            number=number,
            draft=view,
            heading=view.title(staff_request.words),
            rights=MemberRights.of(staff_request.actor),
            findings=findings,
            foreign_fields=foreign_fields_in(view.content, staff_request.words),
            without_command=without_command,
            at_deadline=self._at_deadline(staff_request, view),
            changers=changers,
            is_changer=staff_request.actor.key in (changers or ()),
            lengths=draft_view,
            shown_as=list(ShownAs),
            view=PreviewChoice.of(staff_request.request),
        )


def _places(content: DraftContent) -> list[str]:
    """
    Return the places of a page at which findings can stand, besides that of the whole email.
    """
    return [
        "subject",
        "preheader",
        "intro",
        "audience",
        *(f"brief-{each}" for each, _ in content.briefs),
    ]
