"""
What staff know about a person: tags, notes, name and fields; and the copy or the end of it all.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.people import bulk, privacy, subscribers, tags
from newsletter.actions.people.bulk import BulkRun
from newsletter.actions.people.newsroom import person_page
from newsletter.actions.people.newsroom.person_page import PersonPage
from newsletter.model.access import Permission
from newsletter.web.admin.path_numbers import number_in
from newsletter.web.admin.people.history_words import HistoryWords
from newsletter.web.admin.people.people_pages import PEOPLE
from newsletter.web.admin.people.person_pages import PERSON, PersonPages, in_words, path_of
from newsletter.web.admin.people.request_pages import place_of
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import Needs, StaffRequest
from newsletter.web.admin.staff_pages import FieldError
from subscribers.bulk.targets import Targets
from subscribers.errors import InvalidText
from subscribers.fields.words import row_in_words
from subscribers.history.details import flat_details, is_change
from subscribers.requests.privacy import PrivacyKind


class PersonRecord:
    """
    The forms about what is known on the pages of *people*.
    """

    def __init__(self, people: PersonPages) -> None:
        self.people = people
        self.pages = people.pages
        self.app = people.app

    def routes(self) -> list[Route]:
        """
        Return the routes of these forms.
        """
        page, session = self.people.staff_routes.page, Needs.SESSION
        return [
            page(f"{PERSON}/notes", needs=session, submit=self.add_note, back=PERSON),
            page(f"{PERSON}/tags", needs=session, submit=self.change_tags, back=PERSON),
            page(
                f"{PERSON}/data",
                needs=session,
                show=self.ask_to_export,
                submit=self.export,
                back=PERSON,
            ),
            page(f"{PERSON}/erase", needs=session, show=self.ask_to_erase, submit=self.erase),
        ]

    def add_note(self, staff_request: StaffRequest) -> Response:
        """
        Write a note about the person.
        """
        number, text = number_in(staff_request.request), staff_request.typed.one("note")
        address = person_page.address_of(self.app, number, by=staff_request.actor)
        try:
            tags.write_note(self.app, address, text, by=staff_request.actor)
        except InvalidText as error:
            return self._again(staff_request, number, "note", line_of(error, staff_request.words))
        done = staff_request.words.gettext("The note is added.")
        return self.pages.done(staff_request.request, path_of(number), done)

    def change_tags(self, staff_request: StaffRequest) -> Response:
        """
        Give the person the tags that were typed, and take all others away.
        """
        number, by = number_in(staff_request.request), staff_request.actor
        had = set(person_page.show(self.app, number, by=by).tags)
        wanted = {each.strip() for each in staff_request.typed.one("tags").split(",")} - {""}
        try:
            bulk.tag(
                self.app,
                Targets(numbers=[number]),
                BulkRun(by=by),
                add=wanted - had,
                remove=had - wanted,
            )
        except InvalidText as error:
            return self._again(staff_request, number, "tags", line_of(error, staff_request.words))
        done = staff_request.words.gettext("The tags are saved.")
        return self.pages.done(staff_request.request, path_of(number), done)

    def ask_to_export(self, staff_request: StaffRequest) -> Response:
        """
        Offer what is stored about the person as files, and to close the request for it.
        """
        number, by = number_in(staff_request.request), staff_request.actor
        found = person_page.show(self.app, number, by=by)
        return self.pages.page(
            staff_request.request,
            "people/data.html",
            section="people",
            logged_in=staff_request.logged_in,
            path=path_of(number),
            found=found,
            can_export=found.is_within_reach and Permission.PEOPLE_EXPORT in by.permissions,
            may_write=Permission.PEOPLE_WRITE in by.permissions,
        )

    def export(self, staff_request: StaffRequest) -> Response:
        """
        Return everything that is stored about the person, as a file: JSON, or a page to read.
        """
        number, by = number_in(staff_request.request), staff_request.actor
        found = person_page.show(self.app, number, by=by)
        data = privacy.data_about(self.app, found.address, by=by)
        if staff_request.typed.one("as") == "page":
            return self._as_page(staff_request, number, found, data)
        text = json.dumps(data, ensure_ascii=False, indent=2, default=str)
        return Response(
            text,
            media_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="person-{number}.json"'},
        )

    def _as_page(
        self, staff_request: StaffRequest, number: int, found: PersonPage, data: dict[str, Any]
    ) -> Response:
        language = staff_request.words.language
        response = self.pages.fragment(
            staff_request.request,
            "people/data-file.html",
            logged_in=staff_request.logged_in,
            data=data,
            now=self.app.clock(),
            moment_of=dt.datetime.fromisoformat,
            list_names={each.slug: each.name for each, _ in found.lists},
            labels={field.name: field.label(language) for field, _ in found.fields},
            details_of=flat_details,
            is_change=is_change,
            in_words=in_words,
            row_in_words=row_in_words,
            said=HistoryWords(staff_request.words),
        )
        response.headers["Content-Disposition"] = f'attachment; filename="person-{number}.html"'
        return response

    def ask_to_erase(self, staff_request: StaffRequest) -> Response:
        """
        Ask whether the person is to be erased.
        """
        return self._question(staff_request, number_in(staff_request.request))

    def erase(self, staff_request: StaffRequest) -> Response:
        """
        Erase the person whose address was typed.
        """
        _, number, by = (
            staff_request.words.gettext,
            number_in(staff_request.request),
            staff_request.actor,
        )
        found = person_page.show(self.app, number, by=by)
        if staff_request.typed.one("address").strip().lower() != found.address.lower():
            text = _("This is not the address of this person.")
            return self._question(staff_request, number, FieldError(name="address", text=text))
        subscribers.erase_person(self.app, found.address, by=by)
        asked = [each.id for each in found.requests if each.kind is PrivacyKind.ERASURE]
        if not asked:
            return self.pages.done(staff_request.request, PEOPLE, _("1 person is erased."))
        done = _("1 person is erased, and request %(n)s is closed.", n=asked[0])
        return self.pages.done(staff_request.request, place_of(asked[0]), done)

    def _question(self, staff_request: StaffRequest, number: int, *errors: FieldError) -> Response:
        by = staff_request.actor
        found = person_page.show(self.app, number, by=by)
        return self.pages.page(
            staff_request.request,
            "people/erase.html",
            section="people",
            logged_in=staff_request.logged_in,
            errors=errors,
            typed={"address": staff_request.typed.one("address")},
            path=path_of(number),
            found=found,
            can_erase=found.is_within_reach and Permission.PEOPLE_ERASE in by.permissions,
        )

    def _again(self, staff_request: StaffRequest, number: int, field: str, text: str) -> Response:
        error = FieldError(name=field, text=text)
        typed = {field: staff_request.typed.one(field)}
        return self.people.page_of(staff_request, number, [error], typed)
