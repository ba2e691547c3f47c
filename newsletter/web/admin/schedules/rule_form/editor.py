"""
The pages on which a schedule is made and changed. Before it is saved, the rule reads back in
sentences, with its next runs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from newsletter import errors
from newsletter.actions.issues import schedules
from newsletter.actions.scheduling import rule_checks
from newsletter.actions.scheduling.rule_checks import CheckedSchedule
from newsletter.issues.settings.schedules import NeverRuns, RunsInQuietHours
from newsletter.model.schedule import Schedule
from newsletter.store.scheduling.schedules import ScheduleExists
from newsletter.web.admin.frame.masthead import zone_of
from newsletter.web.admin.refusals import REFUSALS, line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.schedules.calendar import SCHEDULES
from newsletter.web.admin.schedules.rule_form.form_options import form_options, open_details
from newsletter.web.admin.schedules.rule_form.form_values import (
    ScheduleFormValues,
    stored_values,
    typed_values,
)
from newsletter.web.admin.schedules.rule_form.read_form import (
    TypedSchedule,
    read_schedule,
    with_changes,
)
from newsletter.web.admin.schedules.schedule import path_of, words_of_rule
from newsletter.web.admin.schedules.slot_words import sent_at_words
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from subscribers.errors import UnknownList, UnknownSegment

RUNS_READ_BACK = 5
FIRST_VALUES = ScheduleFormValues(
    values={
        "repeats": "weekly",
        "times": "07:00",
        "month_days": "1",
        "interval": "60",
        "least": "1",
        "skip_singles": "yes",
        "misfire_limit_n": "2",
    },
    picked={"weekday": ("1", "2", "3", "4", "5")},
)


class ScheduleEditorPages:
    """
    The form of one App's schedules.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        page, edit = self.staff_routes.page, f"{SCHEDULES}/{{name}}/edit"
        return [
            page(f"{SCHEDULES}/new", needs=Needs.SESSION, show=self.start, submit=self.add),
            page(edit, needs=Needs.SESSION, show=self.show, submit=self.change),
        ]

    def start(self, staff_request: StaffRequest) -> Response:
        """
        Show an empty form.
        """
        zone = staff_request.logged_in.member.timezone or "UTC"
        values = {**FIRST_VALUES.values, "timezone": zone}
        return self._form(
            staff_request, ScheduleFormValues(values=values, picked=FIRST_VALUES.picked)
        )

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the form with a stored schedule.
        """
        rule = self._rule(staff_request)
        return self._form(staff_request, stored_values(rule), rule=rule)

    def add(self, staff_request: StaffRequest) -> Response:
        """
        Read the form back, or store what was read back.
        """
        form = typed_values(staff_request.typed)
        typed = read_schedule(form, staff_request.words, is_new=True)
        return self._answer(staff_request, form, typed, None)

    def change(self, staff_request: StaffRequest) -> Response:
        """
        Read the form back, or change the schedule to what was read back.
        """
        rule = self._rule(staff_request)
        form = typed_values(staff_request.typed)
        typed = read_schedule(form, staff_request.words, is_new=False, zones=[rule.timezone])
        offered = rule_checks.choices(self.app, by=staff_request.actor).lists
        return self._answer(staff_request, form, with_changes(typed, rule, offered=offered), rule)

    def _rule(self, staff_request: StaffRequest) -> Schedule:
        name = str(staff_request.request.path_params["name"])
        return schedules.show(self.app, name, by=staff_request.actor)

    def _answer(
        self,
        staff_request: StaffRequest,
        form: ScheduleFormValues,
        typed: TypedSchedule,
        rule: Schedule | None,
    ) -> Response:
        asked = staff_request.typed
        if typed.errors:
            return self._form(staff_request, form, rule=rule, found=typed.errors)
        try:
            checked = self._check(staff_request, typed, rule)
            if asked.one("step") == "save" and asked.one("read_back") == _digest(typed):
                return self._save(staff_request, typed, rule)
        except errors.Forbidden:
            raise
        except REFUSALS as error:
            found = [_field_error(error, staff_request)]
            return self._form(staff_request, form, rule=rule, found=found)
        return self._form(staff_request, form, rule=rule, checked=checked, digest=_digest(typed))

    def _check(
        self, staff_request: StaffRequest, typed: TypedSchedule, rule: Schedule | None
    ) -> CheckedSchedule:
        same: dict[str, Any] = {
            "lists": typed.lists,
            "sources": typed.sources,
            "cron": typed.cron,
            "timezone": typed.timezone,
            "fields": typed.fields,
            "count": RUNS_READ_BACK,
            "by": staff_request.actor,
        }
        if rule is not None:
            return rule_checks.check_change(self.app, rule.name, **same)
        return rule_checks.check_new(self.app, typed.name, **same)

    def _save(
        self, staff_request: StaffRequest, typed: TypedSchedule, rule: Schedule | None
    ) -> Response:
        _, actor = staff_request.words.gettext, staff_request.actor
        if rule is None:
            schedules.add(
                self.app,
                typed.name,
                lists=typed.lists or (),
                sources=typed.sources or (),
                cron=typed.cron,
                timezone=typed.timezone,
                fields=typed.fields,
                by=actor,
            )
            text = _("The schedule is saved. Its next runs are below.")
            return self.pages.done(staff_request.request, path_of(typed.name), text)
        has_new_time = (typed.cron, typed.timezone) != (rule.cron, rule.timezone)
        schedules.edit(
            self.app,
            rule.name,
            fields=typed.fields,
            lists=typed.lists,
            sources=typed.sources,
            cron=typed.cron if has_new_time else None,
            timezone=typed.timezone if has_new_time else None,
            by=actor,
        )
        text = _("The rule is changed. The next runs are below.")
        return self.pages.done(staff_request.request, path_of(rule.name), text)

    def _form(
        self,
        staff_request: StaffRequest,
        form: ScheduleFormValues,
        *,
        rule: Schedule | None = None,
        found: Sequence[FieldError] = (),
        checked: CheckedSchedule | None = None,
        digest: str = "",
    ) -> Response:
        words, logged_in = staff_request.words, staff_request.logged_in
        zone = zone_of(logged_in.member)
        read_back: dict[str, Any] = {
            "digest": digest,
            "in_words": words_of_rule(self.app, staff_request, checked.rule) if checked else None,
            "coming": [
                {
                    "due": slot.due,
                    "detail": sent_at_words(checked.delayed.get(slot), words, zone),
                }
                for slot in checked.coming
            ]
            if checked
            else [],
        }
        is_live = staff_request.typed.one("step") == "live"
        if is_live and staff_request.request.headers.get("hx-request"):
            return self.pages.fragment(
                staff_request.request,
                "schedules/parts/read-back.html",
                logged_in=logged_in,
                live_errors=found,
                **read_back,
            )
        choices = rule_checks.choices(self.app, by=staff_request.actor)
        return self.pages.page(
            staff_request.request,
            "schedules/edit.html",
            section="schedules",
            logged_in=logged_in,
            errors=found,
            typed=dict(form.values),
            picked=form.picked,
            rule=rule,
            live_errors=(),
            open_details=open_details(form, found),
            **form_options(choices, form, words),
            **read_back,
        )


def _digest(typed: TypedSchedule) -> str:
    """
    Return a text that changes with whatever was typed, so that only what was read back is saved.
    """
    values = {name: value for name, value in asdict(typed).items() if name != "errors"}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:20]


def _field_error(error: Exception, staff_request: StaffRequest) -> FieldError:
    """
    Return at which field a refusal is shown, in words of the newsroom where there are some.
    """
    _ = staff_request.words.gettext
    texts: list[tuple[type[Exception], str, str]] = [
        (ScheduleExists, "name", _("There is a schedule of that name already.")),
        (
            RunsInQuietHours,
            "quiet_from",
            _("All of its runs fall in the quiet hours, its own or those of its lists."),
        ),
        (NeverRuns, "days_off", _("It would never run: its days off leave no day.")),
        (UnknownSegment, "segment", _("There is no such segment.")),
        (UnknownList, "lists", _("One of these lists no longer exists.")),
        (errors.UnknownTemplate, "template", _("There is no such template.")),
        (errors.NotFound, "sources", _("One of these lists or sources no longer exists.")),
        (errors.SettingsError, "fallback_provider", line_of(error, staff_request.words)),
    ]
    for kind, name, text in texts:
        if isinstance(error, kind):
            return FieldError(name=name, text=text)
    return FieldError(name="repeats", text=line_of(error, staff_request.words))
