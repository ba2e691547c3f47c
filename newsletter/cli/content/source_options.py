"""
The options of a source, for `source add` and `source edit`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

import typer

from newsletter.model.brief import FullText, ImageRule, ReadingRules
from newsletter.model.duration import parse_duration
from newsletter.model.source import FirstPoll, SourceSettings

POLLING, READING = "Polling", "Reading"
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the source")]
Every = Annotated[
    str | None,
    typer.Option(
        metavar="DURATION",
        help="How often `newsletter serve` polls it: 90s, 15m, 2h",
        rich_help_panel=POLLING,
        show_default="15m",
    ),
]
First = Annotated[
    FirstPoll | None,
    typer.Option(
        help="At the first poll: record what is there and never send it, or treat it as new",
        rich_help_panel=POLLING,
        show_default="record",
    ),
]
LookBack = Annotated[
    str | None,
    typer.Option(
        metavar="DURATION",
        help="Hold briefs older than this until you free them",
        rich_help_panel=POLLING,
        show_default="14d",
    ),
]
Settle = Annotated[
    str | None,
    typer.Option(
        metavar="DURATION",
        help="Scheduled runs wait until the briefs have not changed for this long",
        rich_help_panel=POLLING,
        show_default="15m",
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        metavar="SECRET",
        help="API key or password, as env:NAME or file:PATH (ghost, mailbox)",
        show_default="none",
        rich_help_panel=POLLING,
    ),
]
Categories = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CATEGORY",
        help="Take only briefs of this category",
        show_default="all",
        rich_help_panel=READING,
    ),
]
Timezone = Annotated[
    str | None,
    typer.Option(
        metavar="ZONE",
        help="Time zone of dates without one",
        rich_help_panel=READING,
        show_default="UTC",
    ),
]
Prefixes = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TEXT",
        help="Series name to recognise at the start of titles",
        show_default=", ".join(ReadingRules().prefixes),
        rich_help_panel=READING,
    ),
]
Trailers = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TEXT",
        help="Drop closing lines that start with this",
        show_default="none",
        rich_help_panel=READING,
    ),
]
DayFirst = Annotated[
    bool | None,
    typer.Option(
        "--day-first/--month-first",
        help="Read 3/5/2026 as the third of May, or as the fifth of March",
        show_default="--month-first",
        rich_help_panel=READING,
    ),
]
Image = Annotated[
    ImageRule | None,
    typer.Option(
        help="Main image: the first in the text, the feed's, the page's, or none; auto tries all",
        rich_help_panel=READING,
        show_default="auto",
    ),
]
Text = Annotated[
    FullText | None,
    typer.Option(
        help="Full text: auto fetches the page of an item that has only an excerpt",
        rich_help_panel=READING,
        show_default="auto",
    ),
]

_DURATIONS = ("every", "look_back", "settle")
_READING = ("prefixes", "trailers", "day_first", "image", "full_text")
_SEVERAL = ("categories", "prefixes", "trailers")


def with_options(source: SourceSettings, typed: Mapping[str, Any]) -> SourceSettings:
    """
    Return *source* with the options that were *typed*, by field; None keeps a field. An empty text
    removes the entries of a field that can have several, and a key.

    Raises:
        InvalidValue: a duration cannot be read.
    """
    values = {name: value for name, value in typed.items() if value is not None}
    values |= {name: parse_duration(values[name]) for name in _DURATIONS if name in values}
    values |= {
        name: tuple(each for each in values[name] if each) for name in _SEVERAL if name in values
    }
    if "key" in values:
        values["key"] = values["key"] or None
    reading = {name: values.pop(name) for name in _READING if name in values}
    return replace(source, **values, reading=replace(source.reading, **reading))
