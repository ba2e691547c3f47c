"""
The options that `schedule add` and `schedule edit` share: the name, type and help of each, and the
field of the schedule it sets. `scheduling.schedule_fields` reads what was typed.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from newsletter.model.issue import DeadlineAction
from newsletter.model.schedule import Approval, MisfirePolicy, Order

CLEARING = 'An empty text ("") or 0 takes a rule off again.'

Flag = bool | None
Number = int | None
Several = list[str] | None
Text = str | None
# What was typed, by field; what was not typed is not in it.
Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Option:
    """
    One option: the `field` of a schedule it sets, its type and help, and its name on the command
    line, `flags` (None: the field's).
    """

    field: str
    kind: Any
    help: str
    flags: str | None = None

    @property
    def parameter(self) -> inspect.Parameter:
        """
        Return the option as typer reads it from a function's signature.
        """
        named = (self.flags,) if self.flags else ()
        option = typer.Option(*named, help=self.help, min=0 if self.kind is Number else None)
        return inspect.Parameter(
            self.field,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[self.kind, option],
        )


OPTIONS = (
    Option("template", Text, "The template folder."),
    Option("each", Flag, "One issue a brief.", "--each/--no-each"),
    Option("sender", Text, "The From address."),
    Option(
        "fallback_provider",
        Text,
        "Who goes on with an issue when its provider takes nothing; none: nobody.",
        "--fallback-provider",
    ),
    Option("least", Number, "Skip with fewer briefs.", "--min"),
    Option("most", Number, "Leave more for next.", "--max"),
    Option(
        "categories",
        Several,
        "Only briefs of this category or tag; repeatable, any of them.",
        "--category",
    ),
    Option(
        "not_categories", Several, "No brief of this category or tag; repeatable.", "--not-category"
    ),
    Option(
        "title",
        Text,
        "Only titles this regular expression finds.",
    ),
    Option(
        "not_title",
        Text,
        "No title this regular expression finds.",
    ),
    Option(
        "look_back",
        Text,
        "Only briefs dated within: 14d.",
    ),
    Option(
        "skip_singles",
        Flag,
        "Leave out what the list got alone, by hand or from --each. Done unless told.",
        "--skip-singles/--no-skip-singles",
    ),
    Option("order", Order | None, "newest or oldest first."),
    Option("lead", Text, "The first of this category or tag stands before all."),
    Option(
        "group",
        Text,
        "Headings by: category, source or series.",
    ),
    Option(
        "show",
        Text,
        "All but the lead: full, takeaways, ...",
    ),
    Option(
        "show_lead",
        Text,
        "The lead, if not in full.",
    ),
    Option("approval", Approval | None, "auto sends; draft waits; deadline waits until a time."),
    Option(
        "deadline",
        Text,
        "How long after its slot a draft waits: 2h.",
    ),
    Option("at_deadline", DeadlineAction | None, "What it does then: send, skip or hold."),
    Option(
        "editors",
        Several,
        "Who is mailed each draft, with a link to decide; repeatable.",
        "--editor",
    ),
    Option(
        "is_local",
        Flag,
        "The slot's time by each reader's own clock, a wave a time zone.",
        "--reader-time/--no-reader-time",
    ),
    Option(
        "quiet",
        Text,
        "Nothing leaves in these hours: 22:00-07:00.",
    ),
    Option(
        "days_off",
        Several,
        "No slot on 2026-12-25, on 12-25 of each year, or 12-24..01-02; repeatable.",
        "--day-off",
    ),
    Option(
        "misfire_policy",
        MisfirePolicy | None,
        "What a late slot does: send, skip or ask.",
        "--late",
    ),
    Option("misfire_limit", Text, "When a slot is late: 2h.", "--latest"),
    Option("repeat", Flag, "Send what other schedules sent to the list.", "--repeat/--no-repeat"),
)


def with_schedule_options(command: Callable[..., None]) -> Callable[..., None]:
    """
    Give *command* every option of OPTIONS; it takes those that were typed together, as `fields`.
    """

    @functools.wraps(command)
    def run(**given: Any) -> None:
        values = {option.field: given.pop(option.field) for option in OPTIONS}
        command(**given, fields={k: value for k, value in values.items() if value is not None})

    named = inspect.signature(command, eval_str=True).parameters
    shared = [option.parameter for option in OPTIONS]
    own = [named[name] for name in named if name != "fields"]
    # typer reads both: the order from the signature, the types from the annotations.
    run.__dict__["__signature__"] = inspect.Signature([*own, *shared])
    run.__annotations__ = {each.name: each.annotation for each in (*own, *shared)}
    return run
