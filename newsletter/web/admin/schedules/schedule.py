"""
The page of one schedule: its rule in words, its next runs and its last ones, and what can be done
with it: pause it, resume it, call a day off, remove it.
"""

from __future__ import annotations

import datetime as dt
from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.issues import schedules
from newsletter.actions.issues.drafts.content import lists_to_name
from newsletter.actions.scheduling import calendar as schedule_calendar
from newsletter.app import App
from newsletter.issues.settings.asked_by_lists import asked_by
from newsletter.model.access import Permission
from newsletter.model.schedule import Schedule
from newsletter.scheduling.slots import zone_named
from newsletter.store.content.briefs import StoredBrief
from newsletter.web.admin.frame.masthead import zone_of
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.schedules.calendar import SCHEDULES
from newsletter.web.admin.schedules.rule_words import RuleInWords, left_out_words, rule_in_words
from newsletter.web.admin.schedules.slot_words import shown_coming, shown_start
from newsletter.web.admin.schedules.weeks import without_wholes
from newsletter.web.admin.schedules.when_words import day_off_words
from newsletter.web.admin.staff_pages import StaffPages

RUNS_TO_COME, RUNS_BEFORE = 5, 20
MOST_BRIEFS = 100


def path_of(name: str) -> str:
    """
    Return the address of the page of the schedule *name*.
    """
    return f"{SCHEDULES}/{quote(name, safe='')}"


def words_of_rule(app: App, staff_request: StaffRequest, rule: Schedule) -> RuleInWords:
    """
    Return the rule of a schedule in the language of the member, with what its lists ask for.
    """
    lists = lists_to_name(app, by=staff_request.actor)
    return rule_in_words(rule, asked_by(rule.audience.lists, lists), staff_request.words)


class SchedulePage:
    """
    The pages of one of an App's schedules.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        page, one = self.staff_routes.page, f"{SCHEDULES}/{{name}}"
        needs = Needs.SESSION
        return [
            page(one, needs=needs, show=self.show, back=SCHEDULES),
            page(f"{one}/pause", needs=needs, submit=self.pause),
            page(f"{one}/resume", needs=needs, submit=self.resume),
            page(f"{one}/days-off", needs=needs, submit=self.change_days_off),
            page(f"{one}/remove", needs=needs, show=self.ask_to_remove, submit=self.remove),
            page(f"{one}/runs/{{wall}}", needs=needs, show=self.show_run),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show a schedule.
        """
        words, logged_in = staff_request.words, staff_request.logged_in
        name, zone = _name(staff_request), zone_of(logged_in.member)
        found = schedule_calendar.details(
            self.app, name, coming=RUNS_TO_COME, started=RUNS_BEFORE, by=staff_request.actor
        )
        permissions = staff_request.actor.permissions
        return self.pages.page(
            staff_request.request,
            "schedules/schedule.html",
            section="schedules",
            logged_in=logged_in,
            rule=found.rule,
            in_words=words_of_rule(self.app, staff_request, found.rule),
            coming=[
                shown_coming(name, each, words, zone=zone, late_before=found.late_before)
                for each in found.coming
            ],
            started=[
                shown_start(found.rule, each, words) for each in without_wholes(found.started)
            ],
            called_off=found.called_off,
            day_words={each: day_off_words(each, words) for each in found.rule.days_off},
            own_zone=_own_zone(found.rule, zone, self.app.clock()),
            can_edit=Permission.SCHEDULES_WRITE in permissions,
            can_run=Permission.ISSUES_SEND in permissions,
        )

    def show_run(self, staff_request: StaffRequest) -> Response:
        """
        Show what became of one run, and why.
        """
        name, words = _name(staff_request), staff_request.words
        wall = str(staff_request.request.path_params["wall"])
        found = schedule_calendar.slot_details(self.app, name, wall=wall, by=staff_request.actor)
        return self.pages.page(
            staff_request.request,
            "schedules/run.html",
            section="schedules",
            logged_in=staff_request.logged_in,
            rule=found.rule,
            slots=[shown_start(found.rule, each, words) for each in found.slots],
            started_at=found.slots[0].row.fired_at,
            called_off=found.called_off,
            in_words=words_of_rule(self.app, staff_request, found.rule),
            briefs=_briefs(found, words),
        )

    def pause(self, staff_request: StaffRequest) -> Response:
        """
        Pause the schedule.
        """
        return self._set_paused(staff_request, paused=True)

    def resume(self, staff_request: StaffRequest) -> Response:
        """
        Resume the schedule.
        """
        return self._set_paused(staff_request, paused=False)

    def _set_paused(self, staff_request: StaffRequest, *, paused: bool) -> Response:
        name, words = _name(staff_request), staff_request.words
        moved = schedules.set_paused(self.app, name, paused=paused, by=staff_request.actor)
        text = (
            words.gettext("%(schedule)s is paused: it makes no issues.", schedule=name)
            if paused
            else words.gettext(
                "%(schedule)s runs again. Missed runs are not made up.", schedule=name
            )
        )
        return self.pages.done(
            staff_request.request,
            _back(staff_request),
            text + _moved_words(staff_request, moved),
        )

    def change_days_off(self, staff_request: StaffRequest) -> Response:
        """
        Call off the runs of one day, or put them back.
        """
        name, typed, words = _name(staff_request), staff_request.typed, staff_request.words
        rule = schedules.show(self.app, name, by=staff_request.actor)
        day = _day(typed.one("day"))
        if day is None:
            text = words.gettext("This is not a day. Write it as 2026-12-24.")
            return self.pages.done(staff_request.request, _back(staff_request), text, kind="bad")
        is_back = typed.one("act") == "back"
        others = [each for each in rule.days_off if each != day]
        days_off = others if is_back else [*others, day]
        schedules.edit(
            self.app, name, fields={"days_off": days_off or [""]}, by=staff_request.actor
        )
        text = (
            words.gettext("%(day)s is no longer called off.", day=day)
            if is_back
            else words.gettext("%(schedule)s does not run on %(day)s.", schedule=name, day=day)
        )
        return self.pages.done(staff_request.request, _back(staff_request), text)

    def ask_to_remove(self, staff_request: StaffRequest) -> Response:
        """
        Ask whether the schedule is to be removed.
        """
        name = _name(staff_request)
        rule = schedules.show(self.app, name, by=staff_request.actor)
        return self.pages.page(
            staff_request.request,
            "schedules/remove.html",
            section="schedules",
            logged_in=staff_request.logged_in,
            rule=rule,
            in_words=words_of_rule(self.app, staff_request, rule),
            can_edit=Permission.SCHEDULES_WRITE in staff_request.actor.permissions,
        )

    def remove(self, staff_request: StaffRequest) -> Response:
        """
        Remove the schedule.
        """
        name = _name(staff_request)
        moved = schedules.remove(self.app, name, by=staff_request.actor)
        text = staff_request.words.gettext(
            "%(schedule)s is removed. Its issues stay.", schedule=name
        )
        return self.pages.done(
            staff_request.request, SCHEDULES, text + _moved_words(staff_request, moved)
        )


def _back(staff_request: StaffRequest) -> str:
    """
    Return the page that a form was on.
    """
    is_calendar = staff_request.typed.one("next") == "calendar"
    return SCHEDULES if is_calendar else path_of(_name(staff_request))


def _name(staff_request: StaffRequest) -> str:
    return str(staff_request.request.path_params["name"])


def _briefs(
    found: schedule_calendar.SlotDetails, words: StaffWords
) -> list[tuple[StoredBrief, str]] | None:
    """
    Return the briefs that a run without an issue found, each with the reason why it is not taken;
    None if it made one.
    """
    if found.selection is None:
        return None
    reasons, fits = left_out_words(words), words.gettext("The rule admits it")
    admitted = [(brief, fits) for brief in found.selection.admitted]
    left_out = [(brief, reasons[why]) for brief, why in found.selection.left_out]
    return [*admitted, *left_out][:MOST_BRIEFS]


def _day(text: str) -> str | None:
    """
    Return the day in *text*, as a schedule stores it, or None if it is none.
    """
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def _own_zone(rule: Schedule, zone: dt.tzinfo, now: dt.datetime) -> bool:
    """
    Return True if the clocks of the schedule show another time than those of the member.
    """
    return now.astimezone(zone_named(rule.timezone)).utcoffset() != now.astimezone(zone).utcoffset()


def _moved_words(staff_request: StaffRequest, moved: dict[str, int]) -> str:
    """
    Say how many readers get each issue from now on, because no schedule has their cadence.
    """
    words, count = staff_request.words, sum(moved.values())
    if not count:
        return ""
    return " " + words.ngettext(
        "%(n)s reader who chose its cadence gets each issue from now on.",
        "%(n)s readers who chose its cadence get each issue from now on.",
        count,
        n=count,
    )
