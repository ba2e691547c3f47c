"""
The options that `schedule add` and `schedule edit` share, each said once: its name, its help, and
the field of the schedule it sets.

A new option is one more entry of OPTIONS, and for a rule between several a line in `_check`.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

import regex
import typer

from newsletter.cli.session import duration
from newsletter.model.issue import DeadlineAction, ShownAs
from newsletter.model.schedule import Approval, Group, IssueRules, MisfirePolicy, Order, Schedule
from newsletter.scheduling.quiet_hours import parse_day_off, parse_quiet

CLEARING = 'An empty text ("") or 0 takes a rule off again.'

Flag = bool | None
Number = int | None
Several = list[str] | None
Text = str | None


_DEFAULTS: dict[str, Any] = {field.name: field.default for field in dataclasses.fields(Schedule)}
_RULE_DEFAULTS: dict[str, Any] = {f.name: f.default for f in dataclasses.fields(IssueRules)}


def _as_typed(typed: Any) -> Any:
    return typed


@dataclass(frozen=True)
class Option:
    """
    One option: the `field` it sets, of the schedule or of its issue rules; its type and help on
    the command line, where it is called `flags` (None: like the field); and what is kept of what
    was typed.
    """

    field: str
    kind: Any
    help: str
    flags: str | None = None
    read: Callable[[Any], Any] = _as_typed

    @property
    def parameter(self) -> inspect.Parameter:
        """
        The option as typer reads it from a function's signature.
        """
        named = (self.flags,) if self.flags else ()
        option = typer.Option(*named, help=self.help, min=0 if self.kind is Number else None)
        return inspect.Parameter(
            self.field,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[self.kind, option],
        )

    def put_on(self, rule: Schedule, typed: Any) -> Schedule:
        """
        *rule* with what was typed; with the field's own default where that is nothing.
        """
        defaults = _RULE_DEFAULTS if self.field in _RULE_DEFAULTS else _DEFAULTS
        value = defaults[self.field] if _is_nothing(typed) else self.read(typed)
        if defaults is _RULE_DEFAULTS:
            return replace(rule, rules=replace(rule.rules, **{self.field: value}))
        return replace(rule, **{self.field: value})


def _is_nothing(typed: Any) -> bool:
    return typed is not False and typed in ("", 0, [""])


def _several(typed: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, typed)))


def _addresses(typed: list[str]) -> tuple[str, ...]:
    from subscribers.validation.address import parse_address

    known = {address.key: address.email for address in map(parse_address, _several(typed))}
    return tuple(known.values())


def _address(typed: str) -> str:
    from subscribers.validation.address import parse_address

    return parse_address(typed).email


def _days_off(typed: list[str]) -> tuple[str, ...]:
    return tuple(parse_day_off(day) for day in _several(typed))


def _pattern(typed: str) -> str:
    try:
        regex.compile(typed)
    except regex.error as error:
        raise typer.BadParameter(f"{typed} is no regular expression: {error}") from error
    return typed


def _word_of(words: type[enum.StrEnum]) -> Callable[[str], enum.StrEnum]:
    """
    What reads one of *words*. typer's own choice of an enum knows no empty text.
    """

    def read(typed: str) -> enum.StrEnum:
        if typed not in list(words):
            raise typer.BadParameter(f"{typed}: write one of {', '.join(words)}")
        return words(typed)

    return read


OPTIONS = (
    Option("template", Text, "The template folder."),
    Option("each", Flag, "One issue a brief.", "--each/--no-each"),
    Option("sender", Text, "The From address.", read=_address),
    Option(
        "fallback_provider",
        Text,
        "Who goes on with an issue when its provider takes nothing; none: nobody.",
        "--second-provider",
    ),
    Option("least", Number, "Skip with fewer briefs.", "--min"),
    Option("most", Number, "Leave more for next.", "--max"),
    Option(
        "categories",
        Several,
        "Only briefs of this category or tag; repeatable, any of them.",
        "--category",
        _several,
    ),
    Option(
        "not_categories",
        Several,
        "No brief of this category or tag; repeatable.",
        "--not-category",
        _several,
    ),
    Option("title", Text, "Only titles this regular expression finds.", read=_pattern),
    Option("not_title", Text, "No title this regular expression finds.", read=_pattern),
    Option("look_back", Text, "Only briefs dated within: 14d.", read=duration),
    Option(
        "skip_singles",
        Flag,
        "Leave out what the list got alone, by hand or from --each. Done unless told.",
        "--skip-singles/--no-skip-singles",
    ),
    Option("order", Order | None, "newest or oldest first."),
    Option("lead", Text, "The first of this category or tag stands before all."),
    Option("group", Text, "Headings by: category, source or series.", read=_word_of(Group)),
    Option("show", Text, "All but the lead: full, takeaways, ...", read=_word_of(ShownAs)),
    Option("show_lead", Text, "The lead, if not in full.", read=_word_of(ShownAs)),
    Option("approval", Approval | None, "auto sends; draft waits; deadline waits until a time."),
    Option("deadline", Text, "How long after its slot a draft waits: 2h.", read=duration),
    Option("at_deadline", DeadlineAction | None, "What it does then: send, skip or hold."),
    Option(
        "editors",
        Several,
        "Who is mailed each draft, with a link to decide; repeatable.",
        "--editor",
        _addresses,
    ),
    Option(
        "is_local",
        Flag,
        "The slot's time by each reader's own clock, a wave a time zone.",
        "--reader-time/--no-reader-time",
    ),
    Option("quiet", Text, "Nothing leaves in these hours: 22:00-07:00.", read=parse_quiet),
    Option(
        "days_off",
        Several,
        "No slot on 2026-12-25, on 12-25 of each year, or 12-24..01-02; repeatable.",
        "--day-off",
        _days_off,
    ),
    Option(
        "misfire_policy",
        MisfirePolicy | None,
        "What a late slot does: send, skip or ask.",
        "--late",
    ),
    Option("misfire_limit", Text, "When a slot is late: 2h.", "--latest", duration),
    Option("repeat", Flag, "Send what other schedules sent to the list.", "--repeat/--no-repeat"),
)


@dataclass(frozen=True)
class ScheduleOptions:
    """
    What was typed, by field; what was not typed is not in it.
    """

    typed: Mapping[str, Any]

    def put_on(self, rule: Schedule) -> Schedule:
        """
        *rule* with all that was typed.

        Raises:
            typer.BadParameter: something typed cannot be read, or nothing could ever be sent.
        """
        for option in OPTIONS:
            if option.field in self.typed:
                rule = option.put_on(rule, self.typed[option.field])
        _check(rule)
        if self.typed.get("deadline") and rule.approval is not Approval.DEADLINE:
            raise typer.BadParameter("--deadline goes with --approval deadline")
        return rule


def with_schedule_options(command: Callable[..., None]) -> Callable[..., None]:
    """
    *command* for typer, with every option of OPTIONS: it takes them together, as `options`.
    """

    @functools.wraps(command)
    def run(**given: Any) -> None:
        values = {option.field: given.pop(option.field) for option in OPTIONS}
        typed = {field: value for field, value in values.items() if value is not None}
        command(**given, options=ScheduleOptions(typed))

    named = inspect.signature(command, eval_str=True).parameters
    shared = [option.parameter for option in OPTIONS]
    own = [named[name] for name in named if name != "options"]
    # typer reads both: the order from the signature, the types from the annotations.
    run.__dict__["__signature__"] = inspect.Signature([*own, *shared])
    run.__annotations__ = {each.name: each.annotation for each in (*own, *shared)}
    return run


def _check(rule: Schedule) -> None:
    if (rule.rules.most or rule.rules.least) < rule.rules.least:
        raise typer.BadParameter("--max is less than --min: nothing could ever be sent")
    if rule.approval is Approval.DEADLINE and rule.deadline is None:
        raise typer.BadParameter("--approval deadline wants a time: add --deadline 2h")
    if rule.editors and rule.approval is Approval.AUTO:
        raise typer.BadParameter("--editor goes with --approval draft or deadline")
