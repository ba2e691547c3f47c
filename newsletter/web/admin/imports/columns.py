"""
The second step of an import: what each column is, and what the import may say and change.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.people.files import drafts
from newsletter.actions.people.files.drafts import DraftImport
from newsletter.actions.people.files.imports import ImportChoices
from newsletter.actions.people.newsroom import choices
from newsletter.web.admin.imports.column_fields import field_names, product_names, shown_columns
from newsletter.web.admin.imports.import_view import IMPORTS, path_of, without_folders
from newsletter.web.admin.imports.new_fields import NEW_FIELD, may_add_fields, with_new_fields
from newsletter.web.admin.path_numbers import number_in
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from newsletter.web.typed_form import TypedForm
from newsletter.web.write_pool import WritePool
from subscribers.errors import FieldExists, ImportRefused, InvalidText, JobRefused
from subscribers.import_export.products.detect_product import GENERIC

_MOST_CONSENT = 500
_COLUMN, _READ_AS = "column-", "as-"
_FIELDS = ("list", "agreed", "consent", "product", "keep", "only_listed")


class ImportColumnsPage:
    """
    The page of one App with the columns of a draft.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes, *, files: WritePool) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes
        self.files = files

    def routes(self) -> list[Route]:
        """
        Return the route of this page.
        """
        path = f"{IMPORTS}/{{number}}/columns"
        page, files = self.staff_routes.page, self.files
        return [
            page(
                path,
                needs=Needs.SESSION,
                show=self.show,
                submit=self.submit,
                reads=files,
                writes=files,
            )
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the columns with their first values, and what they are recognised as.
        """
        return self._page(staff_request, None)

    def submit(self, staff_request: StaffRequest) -> Response:
        """
        Keep what was chosen, and find out what the import would change.
        """
        _, typed = staff_request.words.gettext, staff_request.typed
        number = number_in(staff_request.request)
        if typed.one("agreed") == "yes" and not typed.one("consent").strip():
            text = _("Say how they agreed. It is kept as the proof.")
            return self._page(staff_request, typed, FieldError(name="consent", text=text))
        if len(typed.one("consent")) > _MOST_CONSENT:
            text = _("This is too long.")
            return self._page(staff_request, typed, FieldError(name="consent", text=text))
        chosen = choices_in(typed)
        if undecided := self._undecided(staff_request, chosen):
            return self._page(staff_request, typed, *undecided)
        if error := self._set_up(staff_request, chosen):
            return self._page(staff_request, typed, FieldError(name="columns", text=error))
        return self.pages.redirect(path_of(number))

    def _undecided(self, staff_request: StaffRequest, chosen: ImportChoices) -> list[FieldError]:
        """
        Return an error at each column of which somebody has to say whether it is a state, and did
        not.
        """
        draft = drafts.preview(self.app, number_in(staff_request.request), by=staff_request.actor)
        text = staff_request.words.gettext("Say what this column is.")
        return [
            FieldError(name=f"{_READ_AS}{each.number}", text=text)
            for file in shown_columns(draft, chosen.columns, staff_request.words)
            for each in file.columns
            if each.column.is_undecided and each.can_choose and not each.chosen
        ]

    def _set_up(self, staff_request: StaffRequest, chosen: ImportChoices) -> str:
        """
        Find out what the import would change, and return what is wrong with the columns, if
        anything is.
        """
        chosen = with_new_fields(chosen, self.app.site.language)
        number, slug = number_in(staff_request.request), staff_request.typed.one("list")
        try:
            job = drafts.set_up(self.app, number, slug, choices=chosen, by=staff_request.actor)
        except (ImportRefused, FieldExists, InvalidText) as error:
            return line_of(error, staff_request.words)
        return without_folders(job.error, staff_request.words) if job.error else ""

    def _page(
        self,
        staff_request: StaffRequest,
        typed: TypedForm | None,
        *errors: FieldError,
    ) -> Response:
        number, by = number_in(staff_request.request), staff_request.actor
        try:
            draft = drafts.preview(self.app, number, by=by)
        except JobRefused:
            return self.pages.redirect(path_of(number))
        chosen = _stored(draft) if typed is None else choices_in(typed).columns
        values = _values(draft) if typed is None else {n: typed.one(n) for n in _FIELDS}
        lists: Sequence[tuple[str, str]] = [
            (each.slug, each.name) for each in choices.show(self.app, by=by).lists
        ]
        files = shown_columns(draft, chosen, staff_request.words)
        return self.pages.page(
            staff_request.request,
            "imports/columns.html",
            section="people",
            logged_in=staff_request.logged_in,
            errors=errors,
            typed=values,
            job=draft.job,
            path=path_of(number),
            files=files,
            problem="" if errors else without_folders(draft.job.error, staff_request.words),
            names=field_names(draft.fields, staff_request.words),
            lists=lists,
            products=product_names(),
            can_choose_product=all(each.file.product in ("", GENERIC.name) for each in files),
            has_lists=any(each.file.has_lists for each in files),
            max_consent=_MOST_CONSENT,
            new_field=NEW_FIELD if may_add_fields(by) else "",
        )


def choices_in(typed: TypedForm) -> ImportChoices:
    """
    Return what was chosen in the form: `as-3` says what the column is read as that `column-3`
    names.
    """
    numbers = [field.removeprefix(_COLUMN) for field in typed.values if field.startswith(_COLUMN)]
    chosen = {typed.one(_COLUMN + number): typed.one(_READ_AS + number) for number in numbers}
    consent = typed.one("consent").strip()
    return ImportChoices(
        consent=consent if typed.one("agreed") == "yes" and consent else None,
        product=typed.one("product") or None,
        columns={column: name for column, name in chosen.items() if name},
        keeps_values=typed.one("keep") == "yes",
        is_only_listed=typed.one("only_listed") == "yes",
    )


def _stored(draft: DraftImport) -> dict[str, str]:
    made = draft.job.options.get("new_fields") or {}
    stored = draft.job.options.get("columns") or {}
    return {column: NEW_FIELD if name in made else name for column, name in stored.items()}


def _values(draft: DraftImport) -> dict[str, str]:
    options = draft.job.options
    return {
        "list": draft.job.list_slug,
        "agreed": "yes" if options.get("consent") else "no",
        "consent": options.get("consent") or "",
        "product": options.get("product") or "",
        "keep": "yes" if options.get("keep_values") else "",
        "only_listed": "yes" if options.get("only_listed") else "",
    }
