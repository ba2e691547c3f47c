"""
Read the form of a schedule: what the actions take, or what is wrong with it, at each field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from newsletter.errors import NewsletterError
from newsletter.model.reserved_names import RESERVED_NAMES
from newsletter.model.schedule import Approval, Schedule
from newsletter.scheduling.schedule_fields import FIELDS, NAME
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.schedules.rule_form.cron_fields import CronProblem
from newsletter.web.admin.schedules.rule_form.form_values import (
    LISTED,
    NUMBERS,
    SPANS,
    TEXTS,
    TICKS,
    ScheduleFormValues,
    stored_values,
)
from newsletter.web.admin.staff_pages import FieldError
from newsletter.web.preferences.timezones import all_timezones
from subscribers.errors import SubscribersError

MOST_BRIEFS, MOST_CHARS, MOST_NAME_CHARS = 1000, 500, 100
# Where in the form a field of a schedule is that has another name there.
_PLACES = {"quiet": "quiet_from", "look_back": "look_back_n", "deadline": "deadline_n"}
_PLACES |= {"misfire_limit": "misfire_limit_n"}


@dataclass(frozen=True, kw_only=True)
class TypedSchedule:
    """
    What a form asks for, in the shape that the actions take; lists and sources are None if those of
    a stored schedule stay. With `errors` it cannot be done.
    """

    name: str
    lists: Sequence[str] | None
    sources: Sequence[str] | None
    cron: str
    timezone: str
    fields: Mapping[str, Any]
    errors: Sequence[FieldError] = ()


def read_schedule(
    form: ScheduleFormValues, words: StaffWords, *, is_new: bool, zones: Sequence[str] = ()
) -> TypedSchedule:
    """
    Read a form. A name is needed of a new schedule alone. *zones* are time zones that are accepted
    beside those that are offered.
    """
    fields = _fields(form)
    cron = form.cron_fields.expression()
    errors = [
        *(_wrong_name(form, words) if is_new else ()),
        *_wrong_picks(form, words),
        *_wrong_time(form, words, cron, zones),
        *_wrong_numbers(form, words),
        *_wrong_fields(fields, words),
        *_wrong_together(form, fields, words),
    ]
    return TypedSchedule(
        name=form.one("name"),
        lists=form.many("lists"),
        sources=form.many("sources"),
        cron=cron if isinstance(cron, str) else "",
        timezone=form.one("timezone"),
        fields=fields,
        errors=errors,
    )


def with_changes(typed: TypedSchedule, rule: Schedule, *, offered: Sequence[str]) -> TypedSchedule:
    """
    Return *typed* with only those fields that differ from the stored *rule*, so that what somebody
    else changes meanwhile stays. Lists that the rule leaves out and that were not *offered* are
    left out as before. Lists and sources that stay keep their order.
    """
    before = _fields(stored_values(rule))
    unseen = [slug for slug in rule.audience.minus if slug not in offered]
    after = {**typed.fields, "minus": [*typed.fields["minus"], *unseen]}
    same = {name for name, value in after.items() if _normal(value) == _normal(before[name])}
    return replace(
        typed,
        lists=_newly_picked(typed.lists or (), rule.audience.lists),
        sources=_newly_picked(typed.sources or (), rule.sources),
        fields={name: value for name, value in after.items() if name not in same},
    )


def _newly_picked(picked: Sequence[str], before: Sequence[str]) -> list[str] | None:
    """
    Return what is picked in the order of *before*, what is new after it; None if it is the same.
    """
    if set(picked) == set(before):
        return None
    kept = [name for name in before if name in picked]
    return [*kept, *(name for name in picked if name not in before)]


def _normal(value: Any) -> Any:
    return set(value) if isinstance(value, list) else value


def _fields(form: ScheduleFormValues) -> dict[str, Any]:
    """
    Return the fields of the schedule as `set_fields` takes them: empty for the default.
    """
    quiet = [form.one("quiet_from"), form.one("quiet_to")]
    return {
        **{name: form.one(name) for name in TEXTS},
        **{name: bool(form.one(name)) for name in TICKS},
        **{name: form.parts(name) for name in LISTED},
        **{name: _number(form.one(name)) or 0 for name in NUMBERS},
        **{name: _span(form, name) for name in SPANS},
        "minus": list(form.many("minus")),
        "days_off": form.parts("days_off", "\n,"),
        "quiet": "-".join(quiet) if any(quiet) else "",
        "deadline": _span(form, "deadline") if form.one("approval") == "deadline" else "",
    }


def _span(form: ScheduleFormValues, name: str) -> str:
    number = form.one(f"{name}_n")
    return f"{number}{form.one(f'{name}_unit') or 'h'}" if number else ""


def _number(text: str) -> int | None:
    """
    Return the number in *text*, or None if it is none, or too large.
    """
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(MOST_BRIEFS))
    return int(text) if is_number and int(text) <= MOST_BRIEFS else None


def _wrong_name(form: ScheduleFormValues, words: StaffWords) -> list[FieldError]:
    _, name = words.gettext, form.one("name")
    if name in RESERVED_NAMES:
        return [FieldError(name="name", text=_("Choose another name."))]
    if NAME.fullmatch(name) and len(name) <= MOST_NAME_CHARS:
        return []
    text = _("Use letters, digits, “-”, “_” and “.”, without spaces.")
    return [FieldError(name="name", text=text)]


def _wrong_picks(form: ScheduleFormValues, words: StaffWords) -> list[FieldError]:
    _, found = words.gettext, []
    if not form.many("lists"):
        found.append(FieldError(name="lists", text=_("Choose whom the issues go to.")))
    if not form.many("sources"):
        found.append(FieldError(name="sources", text=_("Choose where the briefs come from.")))
    return found


def _wrong_time(
    form: ScheduleFormValues, words: StaffWords, cron: str | CronProblem, zones: Sequence[str]
) -> list[FieldError]:
    _ = words.gettext
    found = []
    if isinstance(cron, CronProblem):
        name, text = _cron_problems(words)[cron]
        found.append(FieldError(name=name, text=text))
    if form.one("timezone") not in {*all_timezones(), "UTC", *zones}:
        found.append(FieldError(name="timezone", text=_("Choose a time zone.")))
    return found


def _cron_problems(words: StaffWords) -> dict[CronProblem, tuple[str, str]]:
    _ = words.gettext
    other = _(
        "All times of one schedule have the same minute: 7:30 and 17:30, but not 7:30 and 17:00. "
        "Make a second schedule for the others."
    )
    no_cron = _(
        "This is not a cron expression. Write five fields: minute, hour, day, month, weekday."
    )
    return {
        CronProblem.NO_WEEKDAY: ("weekday", _("Choose at least one day.")),
        CronProblem.NO_TIME: ("times", _("Write a time such as 7:30, or several with commas.")),
        CronProblem.OTHER_MINUTES: ("times", other),
        CronProblem.NO_DAY: ("month_days", _("Write days from 1 to 31, with commas.")),
        CronProblem.NO_INTERVAL: ("interval", _("Choose how often it runs.")),
        CronProblem.NOT_CRON: ("cron", no_cron),
    }


def _wrong_numbers(form: ScheduleFormValues, words: StaffWords) -> list[FieldError]:
    text = words.gettext("Write a number up to 1000.")
    return [
        FieldError(name=name, text=text)
        for name in NUMBERS
        if form.one(name) and _number(form.one(name)) is None
    ]


def _wrong_fields(fields: Mapping[str, Any], words: StaffWords) -> list[FieldError]:
    """
    Return what is wrong with single fields.
    """
    found = []
    for each in FIELDS:
        typed = fields.get(each.name)
        if not typed:
            continue
        try:
            if len(str(typed)) > MOST_CHARS * 10:
                raise ValueError
            each.read(typed)
        except (NewsletterError, SubscribersError, ValueError):
            place = _PLACES.get(each.name, each.name)
            text = _texts(words).get(each.name, lambda: words.gettext("This is not valid."))()
            found.append(FieldError(name=place, text=text))
    return found


def _texts(words: StaffWords) -> dict[str, Callable[[], str]]:
    _ = words.gettext

    def address() -> str:
        return _("This is not an email address.")

    def pattern() -> str:
        return _("This is not a regular expression: every bracket has to be closed.")

    def span() -> str:
        return _("Write a whole number.")

    def days() -> str:
        return _("Write one a line: 2026-12-24, or 12-25 for each year, or 12-24..01-02.")

    return {
        "editors": address,
        "sender": address,
        "title": pattern,
        "not_title": pattern,
        "look_back": span,
        "deadline": span,
        "misfire_limit": span,
        "days_off": days,
        "quiet": lambda: _("Write both times, and two that differ."),
    }


def _wrong_together(
    form: ScheduleFormValues, fields: Mapping[str, Any], words: StaffWords
) -> list[FieldError]:
    """
    Return what is wrong with fields that do not fit one another.
    """
    _ = words.gettext
    found = []
    if fields["most"] and fields["most"] < (fields["least"] or 1):
        text = _("This is less than the fewest: nothing could ever be sent.")
        found.append(FieldError(name="most", text=text))
    if {*form.many("lists")} & {*form.many("minus")}:
        text = _("A list cannot both get the issues and be left out.")
        found.append(FieldError(name="minus", text=text))
    approval = fields["approval"]
    if approval == Approval.DEADLINE and not fields["deadline"]:
        found.append(FieldError(name="deadline_n", text=_("Say how long it waits.")))
    if fields["editors"] and approval in ("", Approval.AUTO):
        text = _("Nobody has to be asked about what is sent without approval.")
        found.append(FieldError(name="editors", text=text))
    return found
