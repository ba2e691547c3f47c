"""
The fields of a schedule that staff can set, by name: how the entered text of each is read, and the
rules between them.

A new field is one entry in FIELDS; a rule between several fields is a line in `_check`.
"""

from __future__ import annotations

import dataclasses
import enum
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import regex

from newsletter.errors import InvalidValue
from newsletter.model.duration import parse_duration
from newsletter.model.issue import AudienceRule, DeadlineAction, ShownAs
from newsletter.model.reserved_names import require_free_name
from newsletter.model.schedule import Approval, Group, IssueRules, MisfirePolicy, Order, Schedule
from newsletter.scheduling.quiet_hours import parse_day_off, parse_quiet
from subscribers.model import Cadence
from subscribers.text.phrases import phrase
from subscribers.validation.address import parse_address

_DEFAULTS: dict[str, Any] = {field.name: field.default for field in dataclasses.fields(Schedule)}
_AUDIENCE_DEFAULTS: dict[str, Any] = {
    "minus": AudienceRule.minus,
    "segment": AudienceRule.segment,
}
_RULE_DEFAULTS: dict[str, Any] = {f.name: f.default for f in dataclasses.fields(IssueRules)}


# What a schedule may be called: its name is part of addresses and commands.
NAME = re.compile(r"[\w.-]+")
# What in a title pattern takes memory without end, which no time-out prevents.
_MOST_PATTERN = 500
_MOST_REPEATS = 1_000
_RECURSION = re.compile(r"\(\?(?:R|[+-]?\d|&|P>)")
_COUNTS = re.compile(r"\{\s{0,9}(\d{0,9})\s{0,9},?\s{0,9}(\d{0,9})\s{0,9}\}")
_ESCAPED = re.compile(r"\\.", re.DOTALL)


def _as_typed(typed: Any) -> Any:
    return typed


@dataclass(frozen=True)
class ScheduleField:
    """
    One field of a schedule, of its issue rules or of its audience: the type of the entered value,
    and how it is read.
    """

    name: str
    typed_as: type
    read: Callable[[Any], Any] = _as_typed

    def set_on(self, rule: Schedule, typed: Any) -> Schedule:
        """
        Return *rule* with the entered value, or with the default of the field if it is empty.
        """
        value = self._default if _is_nothing(typed) else self.read(typed)
        if self.name in _RULE_DEFAULTS:
            return replace(rule, rules=replace(rule.rules, **{self.name: value}))
        if self.name in _AUDIENCE_DEFAULTS:
            return replace(rule, audience=replace(rule.audience, **{self.name: value}))
        return replace(rule, **{self.name: value})

    def value_of(self, rule: Schedule) -> Any:
        """
        Return the field's value, or None if it is the default.
        """
        holder: Any = rule
        if self.name in _RULE_DEFAULTS:
            holder = rule.rules
        elif self.name in _AUDIENCE_DEFAULTS:
            holder = rule.audience
        value = getattr(holder, self.name)
        return None if value == self._default else value

    @property
    def _default(self) -> Any:
        return (_DEFAULTS | _RULE_DEFAULTS | _AUDIENCE_DEFAULTS)[self.name]


def _is_nothing(typed: Any) -> bool:
    return typed is not False and typed in ("", 0, [""])


def _several(typed: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, typed)))


def _addresses(typed: list[str]) -> tuple[str, ...]:
    known = {address.key: address.email for address in map(parse_address, _several(typed))}
    return tuple(known.values())


def _address(typed: str) -> str:
    return parse_address(typed).email


def _days_off(typed: list[str]) -> tuple[str, ...]:
    return tuple(parse_day_off(day) for day in _several(typed))


def _pattern(typed: str) -> str:
    if len(typed) > _MOST_PATTERN:
        raise InvalidValue(
            phrase("the title pattern is longer than {limit} characters", limit=_MOST_PATTERN)
        )
    syntax = _ESCAPED.sub("", typed)
    if _RECURSION.search(syntax):
        raise InvalidValue(
            phrase(
                "{typed!r} refers to itself or to a group by (?R), (?1), (?&name) or (?P>name), "
                "which may take all memory: write it without",
                typed=typed,
            )
        )
    counts = (max(1, *(int(count or 0) for count in pair)) for pair in _COUNTS.findall(syntax))
    if math.prod(counts) > _MOST_REPEATS:
        raise InvalidValue(
            phrase(
                "{typed!r} repeats its parts more than {limit:,} times in all, which may take all "
                "memory: write * or + instead",
                typed=typed,
                limit=_MOST_REPEATS,
            )
        )
    try:
        regex.compile(typed)
    except regex.error as error:
        raise InvalidValue(
            phrase("{typed!r} is not a valid regular expression: {error}", typed=typed, error=error)
        ) from error
    return typed


def _word_of(words: type[enum.StrEnum]) -> Callable[[str], enum.StrEnum]:
    def read(typed: str) -> enum.StrEnum:
        if typed not in list(words):
            raise InvalidValue(
                phrase(
                    "{typed!r} is not valid: write one of {words}",
                    typed=typed,
                    words=", ".join(words),
                )
            )
        return words(typed)

    return read


FIELDS = (
    ScheduleField("template", str),
    ScheduleField("each", bool),
    ScheduleField("minus", list, _several),
    ScheduleField("segment", str),
    ScheduleField("cadence", Cadence, _word_of(Cadence)),
    ScheduleField("sender", str, _address),
    ScheduleField("fallback_provider", str),
    ScheduleField("least", int),
    ScheduleField("most", int),
    ScheduleField("categories", list, _several),
    ScheduleField("not_categories", list, _several),
    ScheduleField("title", str, _pattern),
    ScheduleField("not_title", str, _pattern),
    ScheduleField("look_back", str, parse_duration),
    ScheduleField("skip_singles", bool),
    ScheduleField("order", Order, _word_of(Order)),
    ScheduleField("lead", str),
    ScheduleField("group", str, _word_of(Group)),
    ScheduleField("show", str, _word_of(ShownAs)),
    ScheduleField("show_lead", str, _word_of(ShownAs)),
    ScheduleField("approval", Approval, _word_of(Approval)),
    ScheduleField("deadline", str, parse_duration),
    ScheduleField("at_deadline", DeadlineAction, _word_of(DeadlineAction)),
    ScheduleField("editors", list, _addresses),
    ScheduleField("is_local", bool),
    ScheduleField("quiet", str, parse_quiet),
    ScheduleField("days_off", list, _days_off),
    ScheduleField("misfire_policy", MisfirePolicy, _word_of(MisfirePolicy)),
    ScheduleField("misfire_limit", str, parse_duration),
    ScheduleField("repeat", bool),
)


def new_schedule(
    name: str, *, lists: Sequence[str], sources: Sequence[str], cron: str, timezone: str
) -> Schedule:
    """
    Return a new schedule whose other fields have their defaults.

    Raises:
        InvalidValue: the name is not valid, or reserved.
    """
    if not NAME.fullmatch(name):
        raise InvalidValue(
            phrase("{name!r} is not a valid name: use letters, digits, '-', '_' and '.'", name=name)
        )
    require_free_name(name)
    return Schedule(
        id=0,
        name=name,
        cron=cron,
        timezone=timezone,
        audience=AudienceRule(lists=tuple(lists)),
        sources=tuple(sources),
    )


def changed_schedule(
    rule: Schedule,
    typed: Mapping[str, Any],
    *,
    lists: Sequence[str] | None = None,
    sources: Sequence[str] | None = None,
    cron: str | None = None,
    timezone: str | None = None,
) -> Schedule:
    """
    Return *rule* with the entered values, by the names of FIELDS, and with the other lists,
    sources, time and time zone that are given.

    Raises:
        InvalidValue, Refused, InvalidAddress: as `set_fields`, or no list or source is left.
    """
    audience = rule.audience
    if lists is not None:
        audience = replace(audience, lists=_at_least_one(lists, "list"))
    if sources is not None:
        rule = replace(rule, sources=_at_least_one(sources, "source"))
    moved = replace(
        rule, audience=audience, cron=cron or rule.cron, timezone=timezone or rule.timezone
    )
    return set_fields(moved, typed)


def _at_least_one(names: Sequence[str], kind: str) -> tuple[str, ...]:
    found = _several(list(names))
    if not found:
        raise InvalidValue(
            phrase(
                "a schedule needs at least one {kind}: name it, or remove the schedule", kind=kind
            )
        )
    return found


def set_fields(rule: Schedule, typed: Mapping[str, Any]) -> Schedule:
    """
    Return *rule* with the entered values, by the names of FIELDS; other fields stay as they are.

    Raises:
        InvalidValue, Refused, InvalidAddress: a value is not valid, or nothing could ever be sent.
    """
    for field in FIELDS:
        if field.name in typed:
            rule = field.set_on(rule, typed[field.name])
    _check(rule)
    if typed.get("deadline") and rule.approval is not Approval.DEADLINE:
        raise InvalidValue(phrase("--deadline needs --approval deadline"))
    return rule


def _check(rule: Schedule) -> None:
    if (rule.rules.most or rule.rules.least) < rule.rules.least:
        raise InvalidValue(phrase("--max is less than --min: nothing could ever be sent"))
    if left_out := sorted({*rule.audience.lists} & {*rule.audience.minus}):
        raise InvalidValue(
            phrase("--not-list {list} leaves out everyone on --list {list}", list=left_out[0])
        )
    if rule.approval is Approval.DEADLINE and rule.deadline is None:
        raise InvalidValue(phrase("--approval deadline needs a time: add --deadline 2h"))
    if rule.editors and rule.approval is Approval.AUTO:
        raise InvalidValue(phrase("--editor needs --approval draft or deadline"))
