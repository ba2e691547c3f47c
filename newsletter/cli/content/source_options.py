"""
The options that `source add` and `source edit` share, and the field of the source that each sets.
"""

from __future__ import annotations

from dataclasses import replace

from newsletter.cli.options import Fields, Flag, Option, Several, Text
from newsletter.model.brief import FullText, ImageRule, ReadingRules
from newsletter.model.duration import parse_duration
from newsletter.model.source import FirstPoll, SourceSettings

CLEARING = 'An empty text ("") removes a category, prefix, trailer or key.'
POLLING, READING = "Polling", "Reading"

# Only a new source has a first poll.
FIRST_POLL = Option(
    "first_poll",
    FirstPoll | None,
    "At the first poll: record what is there and never send it, or treat it as new",
    POLLING,
    "record",
)
OPTIONS = (
    Option(
        "every",
        Text,
        "How often `newsletter serve` polls it: 90s, 15m, 2h",
        POLLING,
        "15m",
        metavar="DURATION",
    ),
    Option(
        "look_back",
        Text,
        "Hold briefs older than this until you free them",
        POLLING,
        "14d",
        metavar="DURATION",
    ),
    Option(
        "settle",
        Text,
        "Scheduled runs wait until the briefs have not changed for this long",
        POLLING,
        "15m",
        metavar="DURATION",
    ),
    Option(
        "key",
        Text,
        "API key or password, as env:NAME or file:PATH (ghost, mailbox)",
        POLLING,
        "none",
        metavar="SECRET",
    ),
    Option(
        "categories",
        Several,
        "Take only briefs of this category",
        READING,
        "all",
        metavar="CATEGORY",
        flags="--category",
    ),
    Option("timezone", Text, "Time zone of dates without one", READING, "UTC", metavar="ZONE"),
    Option(
        "prefixes",
        Several,
        "Series name to recognise at the start of titles",
        READING,
        ", ".join(ReadingRules().prefixes),
        metavar="TEXT",
        flags="--prefix",
    ),
    Option(
        "trailers",
        Several,
        "Drop closing lines that start with this",
        READING,
        "none",
        metavar="TEXT",
        flags="--trailer",
    ),
    Option(
        "day_first",
        Flag,
        "Read 3/5/2026 as the third of May, not as the fifth of March",
        READING,
        "--no-day-first",
        flags="--day-first/--no-day-first",
    ),
    Option(
        "image",
        ImageRule | None,
        "Main image: the first in the text, the feed's, the page's, or none; auto tries all",
        READING,
        "auto",
    ),
    Option(
        "full_text",
        FullText | None,
        "Full text: auto fetches the page of an item that has only an excerpt",
        READING,
        "auto",
    ),
)
_DURATIONS = ("every", "look_back", "settle")
_READING = ("prefixes", "trailers", "day_first", "image", "full_text")
_SEVERAL = ("categories", "prefixes", "trailers")


def with_fields(source: SourceSettings, fields: Fields) -> SourceSettings:
    """
    Return *source* with the *fields* that were typed. An empty text removes the entries of a field
    that can have several, and a key.

    Raises:
        InvalidValue: a duration cannot be read.
    """
    values = dict(fields)
    values |= {name: parse_duration(values[name]) for name in _DURATIONS if name in values}
    values |= {name: tuple(filter(None, values[name])) for name in _SEVERAL if name in values}
    if "key" in values:
        values["key"] = values["key"] or None
    reading = {name: values.pop(name) for name in _READING if name in values}
    return replace(source, **values, reading=replace(source.reading, **reading))
