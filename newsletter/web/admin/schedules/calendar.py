"""
The first page of the room: a calendar of past and coming slots, and the schedules with their rules.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.scheduling import calendar as schedule_calendar
from newsletter.model.access import Permission
from newsletter.model.schedule import Schedule
from newsletter.web.admin.frame.masthead import zone_of
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.schedules.rule_words import late_words, readers_words, takes_words
from newsletter.web.admin.schedules.slot_words import ShownSlot
from newsletter.web.admin.schedules.weeks import (
    ONE_WEEK,
    monday_of,
    shown_slots,
    span_of,
    weeks_of,
)
from newsletter.web.admin.schedules.when_words import listed, when_words
from newsletter.web.admin.staff_pages import StaffPages

SCHEDULES = "/admin/schedules"


class ScheduleCalendarPage:
    """
    The calendar of one App's schedules.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of this page.
        """
        return [self.staff_routes.page(SCHEDULES, needs=Needs.SESSION, show=self.show)]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show two weeks of slots, and the schedules.
        """
        words, zone = staff_request.words, zone_of(staff_request.logged_in.member)
        today = self.app.clock().astimezone(zone).date()
        monday = monday_of(staff_request.request.query_params.get("week", ""), today)
        since, until = span_of(monday, zone)
        found = schedule_calendar.calendar(
            self.app, since=since, until=until, by=staff_request.actor
        )
        slots = shown_slots(found, words, zone=zone)
        return self.pages.page(
            staff_request.request,
            "schedules/calendar.html",
            section="schedules",
            logged_in=staff_request.logged_in,
            words=words,
            weeks=weeks_of(slots, monday, today=today, zone=zone),
            week_before=(monday - ONE_WEEK).isoformat(),
            week_after=(monday + ONE_WEEK).isoformat(),
            is_now=monday == monday_of("", today),
            count_words=_count_words(found.schedules, words),
            news=_news(slots, today, zone, words),
            schedules=[_rule_row(rule, words) for rule in found.schedules],
            can_edit=Permission.SCHEDULES_WRITE in staff_request.actor.permissions,
            can_run=Permission.ISSUES_SEND in staff_request.actor.permissions,
        )


def _rule_row(rule: Schedule, words: StaffWords) -> dict[str, object]:
    return {
        "name": rule.name,
        "is_paused": rule.is_paused,
        "readers": readers_words(rule, words),
        "when": when_words(rule, words),
        "takes": takes_words(rule, words),
        "late": late_words(rule, words),
    }


def _count_words(rules: Sequence[Schedule], words: StaffWords) -> str:
    """
    Say how many schedules there are, and how many of them are paused.
    """
    every = words.ngettext("%(n)s schedule", "%(n)s schedules", len(rules), n=len(rules))
    paused = sum(rule.is_paused for rule in rules)
    if not paused:
        return every
    some = words.ngettext("%(n)s of them is paused", "%(n)s of them are paused", paused, n=paused)
    return words.gettext("%(every)s, %(some)s", every=every, some=some)


def _news(slots: Sequence[ShownSlot], today: dt.date, zone: dt.tzinfo, words: StaffWords) -> str:
    """
    Say what became of this week's slots, by the words of their chips; empty if there were none.
    """
    monday = today - dt.timedelta(days=today.weekday())
    counts = Counter(
        (each.chip.word, each.chip.kind)
        for each in slots
        if each.is_started and monday <= each.due.astimezone(zone).date() < monday + ONE_WEEK
    )
    found = [f"{count} {word.lower()}" for (word, _), count in counts.most_common()]
    return listed(found, words) if found else ""
