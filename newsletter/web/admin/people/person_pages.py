"""
The page of one person, and what it loads after: their emails, their consents, and why an issue came
or did not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.people.newsroom import person_page
from newsletter.model.access import Permission
from newsletter.web.admin.path_numbers import number_in, number_or_none
from newsletter.web.admin.people.history_words import HistoryWords
from newsletter.web.admin.people.person_status import latest_news, status_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from subscribers.fields.words import row_in_words, value_in_words
from subscribers.history.details import flat_details, is_change
from subscribers.model import SubscriptionState
from subscribers.suppression.rules import shown_rule

PERSON = "/admin/people/{number}"
_EMAILS = 20
_HISTORY = 100


def path_of(number: int) -> str:
    """
    Return the path of a person's page.
    """
    return PERSON.format(number=number)


class PersonPages:
    """
    The pages of one person in one App.
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
            page(PERSON, needs=Needs.SESSION, show=self.show),
            page(f"{PERSON}/emails", needs=Needs.SESSION, show=self.show_emails),
            page(f"{PERSON}/consents", needs=Needs.SESSION, show=self.show_consents),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show a person.
        """
        return self.page_of(staff_request, number_in(staff_request.request))

    def page_of(
        self,
        staff_request: StaffRequest,
        number: int,
        errors: Sequence[FieldError] = (),
        typed: dict[str, str] | None = None,
    ) -> Response:
        """
        Return the page of a person, with what is wrong in one of its forms and what was *typed*.
        """
        by = staff_request.actor
        found = person_page.show(self.app, number, by=by)
        return self.pages.page(
            staff_request.request,
            "people/person.html",
            section="people",
            logged_in=staff_request.logged_in,
            errors=errors,
            typed=typed,
            path=path_of(number),
            found=found,
            person=found.person,
            history=found.history[:_HISTORY],
            status=status_of(found.person, self.app.clock()),
            news=latest_news(found.history),
            list_names={each.slug: each.name for each, _ in found.lists},
            joinable=[
                (each.slug, each.name)
                for each, theirs in found.lists
                if theirs is None or theirs.state is SubscriptionState.ENDED
            ],
            ended=SubscriptionState.ENDED,
            details_of=flat_details,
            is_change=is_change,
            in_words=in_words,
            said=HistoryWords(staff_request.words),
            shown_rule=shown_rule,
            may={permission.name.lower() for permission in by.permissions},
            can_change=found.is_within_reach and Permission.PEOPLE_WRITE in by.permissions,
            is_unlimited=by.lists is None,
        )

    def show_emails(self, staff_request: StaffRequest) -> Response:
        """
        Show the latest emails to a person; or, with an issue in the query, why it came or did not.
        """
        number, by = number_in(staff_request.request), staff_request.actor
        issue = number_or_none(staff_request.request.query_params.get("issue", ""))
        if issue is not None:
            address, traced = person_page.why(self.app, number, issue_id=issue, by=by)
            return self._part(
                staff_request,
                "why",
                number,
                address=address,
                person_id=number,
                issue=issue,
                traced=traced,
                may={permission.name.lower() for permission in by.permissions},
            )
        address, found = person_page.emails(self.app, number, limit=_EMAILS, by=by)
        return self._part(staff_request, "emails", number, address=address, emails=found)

    def show_consents(self, staff_request: StaffRequest) -> Response:
        """
        Show how a person agreed to each list.
        """
        number, by = number_in(staff_request.request), staff_request.actor
        address, found = person_page.consents(self.app, number, by=by)
        return self._part(
            staff_request,
            "consents",
            number,
            address=address,
            consents=found,
            row_in_words=row_in_words,
        )

    def _part(self, staff_request: StaffRequest, name: str, number: int, **values: Any) -> Response:
        """
        Return a part of the person's page, for htmx, or the same as a page of its own.
        """
        shown: dict[str, Any] = {
            "logged_in": staff_request.logged_in,
            "path": path_of(number),
            **values,
        }
        if staff_request.request.headers.get("hx-request"):
            return self.pages.fragment(
                staff_request.request, f"people/parts/{name}.html", is_part=True, **shown
            )
        return self.pages.page(
            staff_request.request,
            "people/part.html",
            section="people",
            part_name=name,
            is_part=False,
            **shown,
        )


def in_words(value: Any) -> str:
    """
    Return a detail of the history, or a value of a field, as people write it.
    """
    return ", ".join(map(str, value)) if isinstance(value, list) else value_in_words(str(value))
