"""
The options that `schedule add` and `schedule edit` share: the name, type and help of each, and the
field of the schedule that it sets. `scheduling.schedule_fields` reads what was typed.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from newsletter.cli.schedules.option import Flag, Number, Option, Several, Text
from newsletter.model.issue import DeadlineAction, ShownAs
from newsletter.model.schedule import Approval, MisfirePolicy, Order

CLEARING = 'An empty text ("") or 0 removes a rule.'
WHEN, CONTENT, AUDIENCE = "When", "Content", "Audience and sender"
LOOK, APPROVAL, LATE = "Layout", "Approval", "Late runs"

OPTIONS = (
    Option(
        "is_local",
        Flag,
        "Send at this time in each reader's own time zone",
        WHEN,
        "--no-reader-time",
        flags="--reader-time/--no-reader-time",
    ),
    Option(
        "days_off",
        Several,
        "Skip this day: 2026-12-25, 12-25 (every year), or 12-24..01-02",
        WHEN,
        "none",
        metavar="DAYS",
        flags="--day-off",
    ),
    Option(
        "quiet",
        Text,
        "Send nothing in these hours: 22:00-07:00",
        WHEN,
        "as set for its lists",
        metavar="HOURS",
    ),
    Option(
        "least",
        Number,
        "Minimum number of briefs; with fewer, the run is skipped",
        CONTENT,
        "1",
        metavar="N",
        flags="--min",
    ),
    Option(
        "most",
        Number,
        "Maximum number of briefs; the rest wait for the next issue",
        CONTENT,
        "no limit",
        metavar="N",
        flags="--max",
    ),
    Option(
        "each",
        Flag,
        "Make one issue for each brief",
        CONTENT,
        "--no-each",
        flags="--each/--no-each",
    ),
    Option(
        "categories",
        Several,
        "Only briefs with one of these categories or tags",
        CONTENT,
        "all",
        metavar="CATEGORY",
        flags="--category",
    ),
    Option(
        "not_categories",
        Several,
        "No briefs with this category or tag",
        CONTENT,
        "none",
        metavar="CATEGORY",
        flags="--not-category",
    ),
    Option(
        "title",
        Text,
        "Only briefs whose title matches this regular expression",
        CONTENT,
        "all",
        metavar="PATTERN",
    ),
    Option(
        "not_title",
        Text,
        "No briefs whose title matches this regular expression",
        CONTENT,
        "none",
        metavar="PATTERN",
    ),
    Option(
        "look_back",
        Text,
        "Only briefs dated within this time, such as 14d",
        CONTENT,
        "no limit",
        metavar="DURATION",
    ),
    Option(
        "skip_singles",
        Flag,
        "Leave out briefs already sent to the list in an issue of their own",
        CONTENT,
        "--skip-singles",
        flags="--skip-singles/--no-skip-singles",
    ),
    Option(
        "repeat",
        Flag,
        "Include briefs that another schedule has already sent to the list",
        CONTENT,
        "--no-repeat",
        flags="--repeat/--no-repeat",
    ),
    Option(
        "template",
        Text,
        "Template to use",
        LOOK,
        "intelbrief for one brief, digest for several",
        metavar="TEMPLATE",
    ),
    Option("order", Order | None, "Which briefs come first", LOOK, "newest"),
    Option(
        "lead",
        Text,
        "Put the first brief with this category or tag on top",
        LOOK,
        "none",
        metavar="CATEGORY",
    ),
    Option(
        "group",
        Text,
        "Group the briefs under headings",
        LOOK,
        "no headings",
        metavar="category|source|series",
    ),
    Option(
        "show",
        Text,
        "Form of the briefs after the lead",
        LOOK,
        "the first ones as takeaways, the rest as lines",
        metavar="|".join(ShownAs),
    ),
    Option(
        "show_lead",
        Text,
        "Form of the lead",
        LOOK,
        "full",
        metavar="|".join(ShownAs),
    ),
    Option(
        "minus",
        Several,
        "Leave out everyone on this list",
        AUDIENCE,
        "none",
        metavar="SLUG",
        flags="--not-list",
    ),
    Option(
        "sender",
        Text,
        "From address of its issues",
        AUDIENCE,
        "the list's",
        metavar="ADDRESS",
    ),
    Option(
        "fallback_provider",
        Text,
        "Provider to use if the issue's provider accepts nothing; `none` for no fallback",
        AUDIENCE,
        "as in the settings",
        metavar="PROVIDER",
        flags="--fallback-provider",
    ),
    Option(
        "approval",
        Approval | None,
        "Send at once (auto), wait for approval (draft), or wait until a deadline",
        APPROVAL,
        "auto",
    ),
    Option(
        "editors",
        Several,
        "Address that gets each draft by email, with links to approve or hold it",
        APPROVAL,
        "none",
        metavar="ADDRESS",
        flags="--editor",
    ),
    Option(
        "deadline",
        Text,
        "How long a draft waits for approval, such as 2h",
        APPROVAL,
        "none",
        metavar="DURATION",
    ),
    Option(
        "at_deadline",
        DeadlineAction | None,
        "What happens to the draft at the deadline",
        APPROVAL,
        "hold",
    ),
    Option(
        "misfire_policy",
        MisfirePolicy | None,
        "What to do with a run that is late",
        LATE,
        "send",
        flags="--late",
    ),
    Option(
        "misfire_limit",
        Text,
        "A run counts as late after this time",
        LATE,
        "2h",
        metavar="DURATION",
        flags="--latest",
    ),
)


def with_schedule_options(
    *, show_defaults: bool
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """
    Give a command every option of OPTIONS. The command receives those that were typed as `fields`.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def run(**given: Any) -> None:
            values = {option.field: given.pop(option.field) for option in OPTIONS}
            command(**given, fields={k: value for k, value in values.items() if value is not None})

        named = inspect.signature(command, eval_str=True).parameters
        shared = [option.parameter(show_default=show_defaults) for option in OPTIONS]
        own = [named[name] for name in named if name != "fields"]
        # typer reads both: the order from the signature, the types from the annotations.
        run.__dict__["__signature__"] = inspect.Signature([*own, *shared])
        run.__annotations__ = {each.name: each.annotation for each in (*own, *shared)}
        return run

    return decorate
