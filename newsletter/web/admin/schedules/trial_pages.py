"""
The pages that try a schedule, which changes nothing, and run it now, which asks first.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.issues.slots import SlotRun, run_slot
from newsletter.actions.scheduling import slot_trials
from newsletter.model.access import Permission
from newsletter.model.issue import ChosenBrief, ShownAs
from newsletter.web.admin.issues.drafts.findings import (
    sort_findings,
    titles_of,
    without_command,
)
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.schedules.calendar import SCHEDULES
from newsletter.web.admin.schedules.rule_words import left_out_words, rule_in_words
from newsletter.web.admin.schedules.schedule import path_of, words_of_rule
from newsletter.web.admin.staff_pages import StaffPages

MOST_SHOWN = 100


class ScheduleTrialPages:
    """
    The pages that try and run one of an App's schedules.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        page, one, needs = self.staff_routes.page, f"{SCHEDULES}/{{name}}", Needs.SESSION
        return [
            page(f"{one}/try", needs=needs, show=self.show_briefs),
            page(f"{one}/forecast", needs=needs, show=self.forecast),
            page(f"{one}/try/issue", needs=needs, show=self.show_issue),
            page(f"{one}/run", needs=needs, show=self.ask_to_run, submit=self.run),
        ]

    def show_briefs(self, staff_request: StaffRequest) -> Response:
        """
        Show which briefs the next run would take, and which not.
        """
        words = staff_request.words
        found = slot_trials.try_slot(self.app, _name(staff_request), by=staff_request.actor)
        choice, reasons = found.selection.choice, left_out_words(words)
        left_out = found.selection.left_out
        return self.pages.page(
            staff_request.request,
            "schedules/try.html",
            section="schedules",
            logged_in=staff_request.logged_in,
            rule=found.rule,
            slot=found.slot,
            in_words=words_of_rule(self.app, staff_request, found.rule),
            choice=choice,
            too_few=() if choice.briefs else found.selection.admitted,
            left_over=choice.left_over[:MOST_SHOWN],
            left_out=[(brief, reasons[why]) for brief, why in left_out[:MOST_SHOWN]],
            more=max(len(left_out) - MOST_SHOWN, 0) + max(len(choice.left_over) - MOST_SHOWN, 0),
        )

    def forecast(self, staff_request: StaffRequest) -> Response:
        """
        Show in a few words what the next run would take, as a part of the calendar.
        """
        found = slot_trials.try_slot(self.app, _name(staff_request), by=staff_request.actor)
        return self.pages.fragment(
            staff_request.request,
            "schedules/parts/forecast.html",
            logged_in=staff_request.logged_in,
            rule=found.rule,
            choice=found.selection.choice,
            left_out=len(found.selection.left_out),
        )

    def show_issue(self, staff_request: StaffRequest) -> Response:
        """
        Show the readers, the subject and the findings of the issue that the next run would make: as
        a part of the page with its briefs, or as a page.
        """
        found = slot_trials.try_issue(self.app, _name(staff_request), by=staff_request.actor)
        findings = found.mail.findings if found.mail else ()
        briefs = [
            ChosenBrief(brief_id=each.id, shown_as=ShownAs.FULL, brief=each.brief)
            for each in found.trial.selection.choice.briefs
        ]
        values: dict[str, Any] = {
            "rule": found.trial.rule,
            "slot": found.trial.slot,
            "in_words": rule_in_words(found.trial.rule, found.asked, staff_request.words),
            "found": found,
            "findings": sort_findings(findings, briefs, base_url=self.app.site.base_url),
            "titles": titles_of(briefs),
            "without_command": without_command,
        }
        request, logged_in = staff_request.request, staff_request.logged_in
        if request.headers.get("hx-request"):
            name = "schedules/parts/trial.html"
            return self.pages.fragment(request, name, logged_in=logged_in, **values)
        return self.pages.page(
            request, "schedules/try-issue.html", section="schedules", logged_in=logged_in, **values
        )

    def ask_to_run(self, staff_request: StaffRequest) -> Response:
        """
        Ask whether the schedule is to run now.
        """
        found = slot_trials.ask_to_run(self.app, _name(staff_request), by=staff_request.actor)
        return self.pages.page(
            staff_request.request,
            "schedules/run-now.html",
            section="schedules",
            logged_in=staff_request.logged_in,
            rule=found.rule,
            question=found,
            in_words=rule_in_words(found.rule, found.asked, staff_request.words),
            can_see_briefs=Permission.BRIEFS_READ in staff_request.actor.permissions,
        )

    def run(self, staff_request: StaffRequest) -> Response:
        """
        Run the schedule at the minute that the question named.
        """
        name, words = _name(staff_request), staff_request.words
        if staff_request.typed.one("sure") != "yes":
            text = words.gettext("Nothing was run: tick the box first.")
            back = f"{path_of(name)}/run"
            return self.pages.done(staff_request.request, back, text, kind="warn")
        wall = staff_request.typed.one("wall")
        made = run_slot(self.app, name, wall=wall, by=staff_request.actor)
        return self._ran(staff_request, name, made)

    def _ran(self, staff_request: StaffRequest, name: str, made: SlotRun) -> Response:
        words, request = staff_request.words, staff_request.request
        issues = sorted(made.issues)
        if len(issues) == 1:
            text = words.gettext("The run made this issue.")
            return self.pages.done(request, f"/admin/issues/{issues[0]}", text)
        text = words.gettext("The run made no issue.")
        if issues:
            text = words.gettext("The run made %(n)s issues.", n=len(issues))
        path = f"{path_of(name)}/runs/{made.wall}"
        return self.pages.done(request, path, text, kind="good" if issues else "warn")


def _name(staff_request: StaffRequest) -> str:
    return str(staff_request.request.path_params["name"])
