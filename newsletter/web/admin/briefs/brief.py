"""
One brief: what its source gave beside what readers get, and the decisions about it.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.content import briefs, inbox, media, texts
from newsletter.actions.guard.requires import require_permission
from newsletter.errors import ReadError, SandboxError
from newsletter.ingest.brief_edits import FIELDS
from newsletter.mail.templating.images import HERO_WIDTH, fit_image
from newsletter.model.access import Permission
from newsletter.model.image import MEDIA_PREFIX, Img
from newsletter.store.content.briefs import BY_HAND
from newsletter.store.content.inbox import BriefSides
from newsletter.web.admin.briefs.brief_form import (
    Changes,
    as_typed,
    changes_of,
    errors_in,
    typed_fields,
)
from newsletter.web.admin.briefs.inbox_query import INBOX
from newsletter.web.admin.briefs.pasted import with_pasted
from newsletter.web.admin.briefs.reading_copy import own_address, reading_copy
from newsletter.web.admin.path_numbers import number_in, number_or_none
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages

_BRIEF = f"{INBOX}/{{number}}"


class BriefPages:
    """
    The page of a brief in one App's newsroom.
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
            page(_BRIEF, needs=Needs.SESSION, show=self.show, submit=self.save),
            page(f"{_BRIEF}/hold", needs=Needs.SESSION, submit=self.hold),
            page(f"{_BRIEF}/free", needs=Needs.SESSION, submit=self.free),
            page(f"{_BRIEF}/pin", needs=Needs.SESSION, submit=self.pin),
            page(f"{_BRIEF}/picture", needs=Needs.SESSION, submit=self.upload),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the brief.
        """
        return self._page(staff_request, self._load(staff_request), {})

    def save(self, staff_request: StaffRequest) -> Response:
        """
        Save the fields that were changed, reset one to the source's value if its button was
        pressed, and put back a removed part of the text if that was asked.
        """
        require_permission(staff_request.actor, Permission.BRIEFS_WRITE)
        sides, typed = self._load(staff_request), staff_request.typed
        before, fields = self._now(staff_request, sides), self._typed_fields(staff_request, sides)
        if typed.one("then") == "paste":
            fields, errors = with_pasted(self.pages, staff_request, fields)
            return self._page(staff_request, sides, fields, *errors)
        reset = [word for word in typed.many("reset") if word in FIELDS]
        changes = {w: v for w, v in changes_of(before, fields).items() if w not in reset}
        errors = errors_in(sides.stored.brief, changes, staff_request.words)
        if not errors and typed.one("seen") != sides.stored.changed_at.isoformat():
            errors = self._newer(staff_request, before, list(changes))
        if not errors and (changes or reset):
            errors = self._edit(staff_request, changes, reset)
        if errors:
            return self._page(staff_request, sides, fields, *errors)
        _ = staff_request.words.gettext
        text = _("The brief is saved.") if changes or reset else _("Nothing was changed.")
        if typed.one("keep"):
            text = _("The part stands at the end of the text: move it to where it belongs.")
        return self._done(staff_request, text)

    def _typed_fields(self, staff_request: StaffRequest, sides: BriefSides) -> dict[str, str]:
        """
        Return what was typed, with the removed part that is to be put back at the end of the text.
        """
        fields = typed_fields(staff_request.typed)
        if staff_request.typed.one("no-image"):
            fields["image"] = ""
        kept, removed = number_or_none(staff_request.typed.one("keep")), sides.given.removed
        if kept is not None and 1 <= kept <= len(removed):
            body = fields["body"]
            with_it = texts.with_removed(self.app, body, removed[kept - 1], by=staff_request.actor)
            return {**fields, "body": with_it}
        return fields

    def _edit(
        self, staff_request: StaffRequest, changes: Changes, reset: list[str]
    ) -> list[FieldError]:
        """
        Store the changes; return what is wrong with the text if it cannot be read.
        """
        number = number_in(staff_request.request)
        try:
            briefs.edit(self.app, number, values=changes, reset=reset, by=staff_request.actor)
        except (ReadError, SandboxError) as refused:
            return [FieldError(name="body", text=line_of(refused, staff_request.words))]
        return []

    def _newer(
        self, staff_request: StaffRequest, now: dict[str, str], changed: list[str]
    ) -> list[FieldError]:
        """
        Say at each field that was typed what became of it since the form was shown.
        """
        _ = staff_request.words.gettext
        return [
            FieldError(
                name=word,
                text=_(
                    "Changed meanwhile to “%(value)s”. What you typed stands here; save again to "
                    "use it.",
                    value=now[word],
                ),
            )
            for word in changed
        ]

    def hold(self, staff_request: StaffRequest) -> Response:
        """
        Keep the brief out of schedules.
        """
        number = number_in(staff_request.request)
        reason = staff_request.typed.one("reason")
        _, drafts = briefs.hold(self.app, number, reason=reason, by=staff_request.actor)
        words = staff_request.words
        text = words.gettext("The brief is held: no schedule takes it.")
        if drafts:
            text += " " + words.ngettext(
                "It stays in %(n)s draft.", "It stays in %(n)s drafts.", len(drafts), n=len(drafts)
            )
        return self._done(staff_request, text)

    def free(self, staff_request: StaffRequest) -> Response:
        """
        Let the brief into issues.
        """
        briefs.free(self.app, number_in(staff_request.request), by=staff_request.actor)
        _ = staff_request.words.gettext
        return self._done(staff_request, _("The brief is free: schedules and issues may take it."))

    def pin(self, staff_request: StaffRequest) -> Response:
        """
        Let the brief lead the next issue that takes it, or remove the pin.
        """
        is_pinned = staff_request.typed.one("pinned") == "yes"
        number = number_in(staff_request.request)
        briefs.set_pinned(self.app, number, pinned=is_pinned, by=staff_request.actor)
        _ = staff_request.words.gettext
        pinned, unpinned = _("The brief leads the next issue."), _("The pin is removed.")
        return self._done(staff_request, pinned if is_pinned else unpinned)

    def upload(self, staff_request: StaffRequest) -> Response:
        """
        Give the brief the picture that was chosen.
        """
        sides, _ = self._load(staff_request), staff_request.words.gettext
        file = staff_request.typed.files.get("picture")
        if file is None:
            error = FieldError(name="picture", text=_("Choose a file first."))
            return self._page(staff_request, sides, {}, error)
        try:
            image = media.upload(self.app, file.content, by=staff_request.actor)
        except ReadError as refused:
            error = FieldError(name="picture", text=line_of(refused, staff_request.words))
            return self._page(staff_request, sides, {}, error)
        values = {
            "image": MEDIA_PREFIX + image.id,
            "image-alt": staff_request.typed.one("description"),
        }
        briefs.edit(self.app, sides.stored.id, values=values, by=staff_request.actor)
        return self._done(staff_request, _("The brief has a new picture."))

    def _load(self, staff_request: StaffRequest) -> BriefSides:
        number = number_in(staff_request.request)
        return inbox.compare(self.app, number, by=staff_request.actor)

    def _now(self, staff_request: StaffRequest, sides: BriefSides) -> dict[str, str]:
        brief = sides.stored.brief
        return as_typed(brief, texts.text_of(self.app, brief, by=staff_request.actor))

    def _done(self, staff_request: StaffRequest, text: str) -> Response:
        path = f"{INBOX}/{number_in(staff_request.request)}"
        return self.pages.done(staff_request.request, path, text)

    def _page(
        self,
        staff_request: StaffRequest,
        sides: BriefSides,
        fields: dict[str, str],
        *errors: FieldError,
    ) -> Response:
        """
        Show the brief, with *fields* that were typed in place of what is stored.
        """
        brief, permissions = sides.stored.brief, staff_request.actor.permissions
        read_more = staff_request.words.gettext("Read more")
        style = self.pages.files.path("newsroom/newsroom.css")
        return self.pages.page(
            staff_request.request,
            "briefs/brief.html",
            section="briefs",
            action=f"{INBOX}/{sides.stored.id}",
            logged_in=staff_request.logged_in,
            errors=errors,
            typed={**self._now(staff_request, sides), **fields},
            sides=sides,
            stored=sides.stored,
            given=as_typed(sides.given),
            picture=_shown_picture(sides),
            in_email=_in_email(sides),
            copy=reading_copy(brief, style=style, read_more=read_more),
            is_by_hand=sides.stored.source == BY_HAND,
            is_own_picture=(brief.image_url or "").startswith(MEDIA_PREFIX),
            now=self.app.clock(),
            yours={
                w for w, names in FIELDS.items() if not set(names).isdisjoint(sides.stored.edited)
            },
            may_write=Permission.BRIEFS_WRITE in permissions,
            may_make_issues=Permission.ISSUES_WRITE in permissions,
        )


def _in_email(sides: BriefSides) -> Img | None:
    """
    Return the brief's picture with the size at which an email shows it; None if it has none that
    was measured.
    """
    if sides.image is None:
        return None
    return fit_image(Img(src=""), sides.image, max_width=HERO_WIDTH, base_url="")


def _shown_picture(sides: BriefSides) -> str:
    """
    Return the path of the brief's picture, if a copy of it is served here.
    """
    if sides.image is not None and sides.image.is_copied:
        return own_address(MEDIA_PREFIX + sides.image.id)
    return ""
