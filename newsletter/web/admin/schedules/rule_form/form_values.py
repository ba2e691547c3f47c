"""
What stands in the form of a schedule: what was typed, or what is stored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from newsletter.model.duration import format_duration
from newsletter.model.schedule import Schedule
from newsletter.web.admin.schedules.rule_form.cron_fields import (
    CronFields,
    Repeats,
    cron_fields_of,
)
from newsletter.web.typed_form import TypedForm

# Texts of the form that are lists, one part a line or with commas between them.
LISTED = ("categories", "not_categories", "editors")
SPANS = ("look_back", "deadline", "misfire_limit")
MANY = ("weekday", "sources", "lists", "minus")
TICKS = ("each", "skip_singles", "repeat", "is_local")
TEXTS = (
    "template", "segment", "cadence", "sender", "fallback_provider", "title", "not_title",
    "order", "lead", "group", "show", "show_lead", "approval", "at_deadline", "misfire_policy",
)  # fmt: skip
NUMBERS = ("least", "most")


@dataclass(frozen=True, kw_only=True)
class ScheduleFormValues:
    """
    The values of the fields by name, and what is picked of those where one picks several. A tick is
    a value that is not empty.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    picked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """
        Return the value of a field without the spaces around it; empty if it has none.
        """
        return self.values.get(name, "").strip()

    def many(self, name: str) -> tuple[str, ...]:
        """
        Return what is picked.
        """
        return self.picked.get(name, ())

    def parts(self, name: str, dividers: str = "\n,;") -> list[str]:
        """
        Return the parts of a text that is a list.
        """
        text = self.values.get(name, "")
        for divider in dividers[1:]:
            text = text.replace(divider, "\n")
        return [part.strip() for part in text.splitlines() if part.strip()]

    @property
    def cron_fields(self) -> CronFields:
        """
        Return what is chosen about the days and times.
        """
        known = {each.value for each in Repeats}
        repeats = self.one("repeats")
        interval = self.one("interval")
        return CronFields(
            repeats=Repeats(repeats) if repeats in known else Repeats.WEEKLY,
            weekdays=tuple(int(day) for day in self.many("weekday") if day in set("0123456")),
            times=self.one("times"),
            month_days=self.one("month_days"),
            interval=int(interval) if interval in _INTERVALS else 0,
            cron=self.one("cron"),
        )


_INTERVALS = {str(minutes) for minutes in range(1, 1441)}


def typed_values(typed: TypedForm) -> ScheduleFormValues:
    """
    Return what was typed.
    """
    return ScheduleFormValues(
        values={name: typed.one(name) for name in typed.values},
        picked={name: typed.many(name) for name in MANY},
    )


def stored_values(rule: Schedule) -> ScheduleFormValues:
    """
    Return what stands in the form of a stored schedule.
    """
    rules, audience, chosen = rule.rules, rule.audience, cron_fields_of(rule.cron)
    holders = (rule, rules, audience)
    plain = {name: _text(_value(holders, name)) for name in TEXTS}
    ticks = {name: "yes" if _value(holders, name) else "" for name in TICKS}
    lists = {name: ", ".join(_value(holders, name)) for name in LISTED}
    return ScheduleFormValues(
        values={
            **plain,
            **ticks,
            **lists,
            **_spans((name, _value(holders, name)) for name in SPANS),
            "repeats": chosen.repeats,
            "times": chosen.times,
            "month_days": chosen.month_days,
            "interval": str(chosen.interval),
            "cron": chosen.cron,
            "timezone": rule.timezone,
            "least": str(rules.least),
            "most": _text(rules.most),
            "quiet_from": f"{rule.quiet.begin:%H:%M}" if rule.quiet else "",
            "quiet_to": f"{rule.quiet.end:%H:%M}" if rule.quiet else "",
            "days_off": "\n".join(rule.days_off),
        },
        picked={
            "weekday": tuple(map(str, chosen.weekdays)),
            "sources": rule.sources,
            "lists": audience.lists,
            "minus": audience.minus,
        },
    )


def _value(holders: Iterable[Any], name: str) -> Any:
    return next(getattr(holder, name) for holder in holders if hasattr(holder, name))


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _spans(spans: Iterable[tuple[str, dt.timedelta | None]]) -> dict[str, str]:
    """
    Return the number and the unit of each span.
    """
    found: dict[str, str] = {}
    for name, span in spans:
        text = format_duration(span) if span else ""
        found |= {f"{name}_n": text[:-1], f"{name}_unit": text[-1:] or "h"}
    return found
