"""
The page about the readers of a list: how they became more and fewer, at which domains emails fail,
and why people left.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.operations import list_health
from newsletter.actions.operations.list_health import ListHealth
from newsletter.actions.people import lists
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.settings.lists.growth_chart import growth_chart
from newsletter.web.admin.settings.menu import SettingsPages
from newsletter.web.write_pool import WritePool
from subscribers.health.reader_changes import ReaderChange
from subscribers.history.model import OriginKind
from subscribers.preferences.reasons import LeaveReasons

# The periods that can be chosen, in days.
PERIODS = (7, 30, 90, 365)
_USUAL = 30
_MOST_DAYS = 31
_MOST_COMMENTS = 50


@dataclass(frozen=True, kw_only=True)
class DayOfGrowth:
    """
    How often the readers changed on a day, in UTC, in each way.
    """

    day: dt.date
    counts: Sequence[int]


class ListReadersPages:
    """
    The pages about the readers of the lists of one App.
    """

    def __init__(self, settings: SettingsPages, routes: StaffRoutes) -> None:
        self.settings = settings
        self.app = settings.app
        self.staff_routes = routes
        # Counting a large list takes seconds.
        self.counting = WritePool(2, 4)

    def routes(self) -> list[Route]:
        """
        Return the route of this page.
        """
        page, path = self.staff_routes.page, "/admin/lists/{slug}/readers"
        return [
            page(
                path,
                needs=Needs.SESSION,
                show=self.show,
                submit=self.count,
                writes=self.counting,
            )
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show why people left, and offer to count how the readers became more and fewer.
        """
        days = _period(staff_request.request.query_params.get("days", ""))
        return self._page(staff_request, days)

    def count(self, staff_request: StaffRequest) -> Response:
        """
        Count how the readers changed in a period, and show that.
        """
        days = _period(staff_request.typed.one("days"))
        slug = staff_request.request.path_params["slug"]
        health = list_health.health(self.app, slug, days=days, by=staff_request.actor)
        return self._page(staff_request, days, health)

    def _page(
        self, staff_request: StaffRequest, days: int, health: ListHealth | None = None
    ) -> Response:
        slug, actor = staff_request.request.path_params["slug"], staff_request.actor
        found = lists.show(self.app, slug, by=actor)
        since = (self.app.clock() - dt.timedelta(days=days)).date()
        reasons = lists.reasons(self.app, slug, since=since, by=actor)
        return self.settings.page(
            staff_request,
            "lists/readers",
            here="lists",
            mailing_list=found.mailing_list,
            days=days,
            periods=PERIODS,
            health=health,
            totals=_totals(health) if health else {},
            by_day=_by_day(health)[:_MOST_DAYS] if health else (),
            chart=growth_chart(health, self.app.clock().date()) if health else None,
            through=_through(health) if health else (),
            reasons=reasons,
            most_said=most_said(reasons),
            comments=reasons.comments[:_MOST_COMMENTS],
            reason_words=reason_words(staff_request.words),
        )


def reason_words(words: StaffWords) -> Mapping[str, str]:
    """
    Return what each reason for leaving is called.
    """
    _ = words.gettext
    return {
        "too_many": _("too many emails"),
        "content": _("not what they hoped for"),
        "never": _("never signed up"),
        "other": _("something else"),
    }


def _period(text: str) -> int:
    return next((days for days in PERIODS if text == str(days)), _USUAL)


def most_said(reasons: LeaveReasons) -> str:
    """
    Return the reason that more people gave than any other; empty if there is none.
    """
    ordered = sorted(reasons.counts.items(), key=lambda each: -each[1])
    (first, most), (_, second) = ordered[:2]
    return first if most > second else ""


def _totals(health: ListHealth) -> Mapping[str, int]:
    """
    Return how often the readers changed in each way.
    """
    return {each.value: health.growth.total(each) for each in ReaderChange}


def _through(health: ListHealth) -> Sequence[tuple[str, Sequence[int]]]:
    """
    Return how often the readers changed in each way through each kind of origin.
    """
    kinds = [health.growth.through(each) for each in ReaderChange]
    counted = ((each.value, [kind.get(each, 0) for kind in kinds]) for each in OriginKind)
    return [each for each in counted if any(each[1])]


def _by_day(health: ListHealth) -> Sequence[DayOfGrowth]:
    kinds = [health.growth.by_day(each) for each in ReaderChange]
    return [
        DayOfGrowth(day=day, counts=[kind.get(day, 0) for kind in kinds])
        for day in sorted({day for kind in kinds for day in kind}, reverse=True)
    ]
