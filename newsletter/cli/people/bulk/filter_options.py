"""
The options that say which people a command is about, and the filter that they make.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import typer

from newsletter.cli.options import Option, Text

if TYPE_CHECKING:
    from subscribers.filters.model import PeopleFilter

PANEL = "Who"
LIST = Option("list_slug", Text, "People on this list", PANEL, "all", "SLUG", "--list")
STATES = "pending|active|suppressed|ended"
# Those besides the list, for commands in which that has a meaning of its own.
OTHERS = (
    Option("state", Text, "With a subscription in this state", PANEL, "any", STATES),
    Option("tag", Text, "With this tag", PANEL, "any", "TAG"),
    Option("segment", Text, "In this segment", PANEL, "none", "NAME"),
    Option("rule", Text, "Whom this rule of a segment selects", PANEL, "none", "RULE"),
    Option("joined_after", Text, "Who joined after this day (UTC)", PANEL, "any", "DATE"),
    Option("joined_before", Text, "Who joined before this day (UTC)", PANEL, "any", "DATE"),
    Option(
        "source",
        Text,
        "Whose consent came from a file, form or command that begins with this",
        PANEL,
        "any",
        "TEXT",
    ),
    Option("text", Text, "With this in the address or name", PANEL, "any", "TEXT"),
)
FILTER = (LIST, *OTHERS)


def filter_from(fields: Any) -> PeopleFilter:
    """
    Return the filter of what was typed.

    Raises:
        BadParameter: a state or a day is not valid.
    """
    from subscribers.filters.model import PeopleFilter, PersonState

    values = dict(fields)
    if "state" in values:
        if values["state"] not in list(PersonState):
            raise typer.BadParameter(f"--state {values['state']}: write one of {STATES}")
        values["state"] = PersonState(values["state"])
    for name in ("joined_after", "joined_before"):
        if name in values:
            values[name] = _day(values[name], f"--{name.replace('_', '-')}")
    if "tag" in values:
        from subscribers.tags.names import parse_tag

        values["tag"] = parse_tag(values["tag"])
    return PeopleFilter(**values)


def _day(text: str, option: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{option} {text}: write a day, such as 2026-01-31") from None
