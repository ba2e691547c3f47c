"""
Send an issue that was sent once more: corrected to all its readers, or as it was to named people.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.issues import corrections, issue_status, resending
from newsletter.actions.people.newsroom import person_page
from newsletter.errors import Forbidden, NotFound, Refused
from newsletter.model.delivery import DeliveryState
from newsletter.web.admin.issues.issue import ISSUE
from newsletter.web.admin.path_numbers import number_in, number_or_none
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from subscribers.errors import InvalidAddress, InvalidText, UnknownSubscriber
from subscribers.text.phrases import phrase

MOST_ADDRESSES = 100
# Who was sent an issue, or may have been, gets its correction.
_GOT_IT = (DeliveryState.ACCEPTED, DeliveryState.UNCERTAIN)


class AgainPages:
    """
    The pages of one App on which an issue is corrected or sent again.
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
            page(
                f"{ISSUE}/correct",
                needs=Needs.SESSION,
                show=self.show_correction,
                submit=self.correct,
                back=ISSUE,
            ),
            page(
                f"{ISSUE}/resend",
                needs=Needs.SESSION,
                show=self.show_resend,
                submit=self.resend,
                back=ISSUE,
            ),
        ]

    def show_correction(self, staff_request: StaffRequest) -> Response:
        """
        Ask what the correction says.
        """
        return self._correction(staff_request)

    def correct(self, staff_request: StaffRequest) -> Response:
        """
        Make the draft of a correction, and show it.
        """
        number, typed = number_in(staff_request.request), staff_request.typed
        try:
            made = corrections.correct(
                self.app,
                number,
                subject=typed.one("subject").strip() or None,
                intro=typed.one("intro").strip() or None,
                by=staff_request.actor,
            )
        except InvalidText as error:
            return self._correction(
                staff_request, FieldError(name="subject", text=line_of(error, staff_request.words))
            )
        text = staff_request.words.ngettext(
            "This draft corrects issue %(issue)s. It goes to %(n)s reader once you send it.",
            "This draft corrects issue %(issue)s. It goes to %(n)s readers once you send it.",
            made.readers,
            n=made.readers,
            issue=number,
        )
        return self.pages.done(staff_request.request, ISSUE.format(number=made.draft.id), text)

    def _correction(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        number = number_in(staff_request.request)
        found = issue_status.progress(self.app, number, by=staff_request.actor)
        if found.sent.frozen_at is None:
            raise NotFound(phrase("issue {number} was not sent", number=number))
        typed = {name: staff_request.typed.one(name) for name in ("subject", "intro")}
        return self.pages.page(
            staff_request.request,
            "issues/correct.html",
            section="issues",
            logged_in=staff_request.logged_in,
            errors=errors,
            typed=typed,
            issue=found.sent.issue,
            found=found,
            readers=sum(found.counts.by_state.get(state, 0) for state in _GOT_IT),
        )

    def show_resend(self, staff_request: StaffRequest) -> Response:
        """
        Ask who gets the issue again. The form is filled in with the person that the query names.
        """
        number = number_or_none(staff_request.request.query_params.get("person", ""))
        if number is None:
            return self._resending(staff_request)
        address = person_page.address_of(self.app, number, by=staff_request.actor)
        return self._resending(staff_request, given=address)

    def resend(self, staff_request: StaffRequest) -> Response:
        """
        Send the issue again to the people whose addresses were typed. Those who have it already get
        it only if that is ticked.
        """
        _, number = staff_request.words.gettext, number_in(staff_request.request)
        addresses, actor = _addresses(staff_request), staff_request.actor
        if not 0 < len(addresses) <= MOST_ADDRESSES:
            text = _("Type at least one address, and at most %(n)s.", n=MOST_ADDRESSES)
            return self._resending(staff_request, FieldError(name="addresses", text=text))
        try:
            had = resending.accepted_before(self.app, number, addresses, by=actor)
            if had and not staff_request.typed.one("again"):
                return self._resending(staff_request, had=had)
            people = resending.resend(self.app, number, addresses, again=bool(had), by=actor)
        except (Forbidden, NotFound):
            raise
        except (InvalidAddress, Refused, UnknownSubscriber) as error:
            wrong = FieldError(name="addresses", text=line_of(error, staff_request.words))
            return self._resending(staff_request, wrong)
        text = staff_request.words.ngettext(
            "The issue goes to %(n)s person again.",
            "The issue goes to %(n)s people again.",
            people,
            n=people,
        )
        return self.pages.done(staff_request.request, ISSUE.format(number=number), text)

    def _resending(
        self,
        staff_request: StaffRequest,
        *errors: FieldError,
        had: Sequence[str] = (),
        given: str = "",
    ) -> Response:
        number = number_in(staff_request.request)
        # Who may not see the issue learns nothing from the form either.
        resending.is_resending(self.app, number, by=staff_request.actor)
        return self.pages.page(
            staff_request.request,
            "issues/resend.html",
            section="issues",
            logged_in=staff_request.logged_in,
            errors=errors,
            typed={"addresses": given or staff_request.typed.one("addresses")},
            number=number,
            had=had,
            people=1 if given else len(_addresses(staff_request)),
            most=MOST_ADDRESSES,
        )


def _addresses(staff_request: StaffRequest) -> list[str]:
    """
    Return the addresses that were typed, each once.
    """
    typed = re.split(r"[\s,;]+", staff_request.typed.one("addresses"))
    return list(dict.fromkeys(filter(None, typed)))
