"""
What is offered in the form of a schedule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from newsletter.actions.scheduling.rule_checks import ScheduleChoices
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.schedules.rule_form.cron_fields import INTERVALS
from newsletter.web.admin.schedules.rule_form.form_values import ScheduleFormValues
from newsletter.web.admin.schedules.when_words import interval_words
from newsletter.web.admin.staff_pages import FieldError
from newsletter.web.preferences.timezones import all_timezones, timezone_regions

# The fields of each part that is folded away until one of them has a value.
_FOLDED = {
    "takes": ("categories", "not_categories", "title", "not_title", "look_back_n", "repeat"),
    "shows": ("order", "lead", "group", "show", "show_lead", "template"),
    "readers": ("minus", "segment", "cadence", "sender", "fallback_provider"),
    "quiet": ("quiet_from", "quiet_to", "days_off"),
}
_DEFAULTS = ("", "newest", "each")


def form_options(
    choices: ScheduleChoices, form: ScheduleFormValues, words: StaffWords
) -> dict[str, Any]:
    """
    Return what the template of the form offers to choose from. What is chosen already is offered
    too, though there may be none of that name any more.
    """
    _ = words.gettext
    own = {name: form.one(name) for name in ("segment", "template")}
    segments = [*choices.segments, *_missing(own["segment"], choices.segments)]
    templates = [*choices.templates, *_missing(own["template"], choices.templates)]
    return {
        "weekdays": [(str(day % 7), _weekday(day, words)) for day in range(1, 8)],
        "zones": {*all_timezones(), "UTC"},
        "regions": timezone_regions(words.language),
        "intervals": [(str(each), interval_words(each, words)) for each in INTERVALS],
        "list_options": [(slug, slug) for slug in choices.lists],
        "source_options": [
            (name, name) for name in dict.fromkeys([*choices.sources, *form.many("sources")])
        ],
        "segment_options": [("", _("all")), *((name, name) for name in segments)],
        "template_options": [
            ("", _("“intelbrief” for one brief, “digest” for several")),
            *((name, name) for name in templates),
        ],
    }


def open_details(form: ScheduleFormValues, errors: Sequence[FieldError] = ()) -> dict[str, bool]:
    """
    Return which of the parts that are folded away have to be open, because something in them is set
    or wrong.
    """
    wrong = {error.name for error in errors}
    return {
        part: any(
            name in wrong or form.one(name) not in _DEFAULTS or form.many(name) for name in names
        )
        for part, names in _FOLDED.items()
    }


def _missing(name: str, known: Sequence[str]) -> list[str]:
    return [name] if name and name not in known else []


def _weekday(day: int, words: StaffWords) -> str:
    """
    Return the name of a day of the week, Monday being 1.
    """
    return str(words.locale.days["stand-alone"]["wide"][day - 1])
