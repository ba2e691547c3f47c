"""
The settings of a source in a form.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from newsletter.ingest.sources.registry import check_source
from newsletter.model.brief import FullText, ImageRule
from newsletter.model.duration import format_duration, parse_duration
from newsletter.model.reserved_names import RESERVED_NAMES
from newsletter.model.source import FirstPoll, SourceSettings
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.refusals import REFUSALS, line_of
from newsletter.web.admin.staff_pages import FieldError
from newsletter.web.typed_form import TypedForm

# What can be added here; other kinds read files of the server or need a key.
KINDS = ("wordpress", "feed", "page")
FIND_OUT = "find"
_DURATIONS = ("every", "look_back", "settle")
_LISTS = ("categories", "prefixes", "trailers")
_NAME = re.compile(r"[\w.-]{1,100}")


def as_typed(source: SourceSettings) -> dict[str, str]:
    """
    Return the settings as they stand in a form.
    """
    reading = source.reading
    return {
        "name": source.name,
        "kind": source.kind,
        "location": source.location,
        "first_poll": source.first_poll.value,
        **{name: format_duration(getattr(source, name)) for name in _DURATIONS},
        "timezone": source.timezone,
        "categories": "\n".join(source.categories),
        "prefixes": "\n".join(reading.prefixes),
        "trailers": "\n".join(reading.trailers),
        "day_first": "yes" if reading.day_first else "",
        "image": reading.image.value,
        "full_text": reading.full_text.value,
    }


def typed_settings(
    source: SourceSettings, typed: TypedForm, words: StaffWords
) -> tuple[SourceSettings, list[FieldError]]:
    """
    Return *source* with what was typed into its form, and what is wrong with that.
    """
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, read in _READ.items():
        try:
            values[name] = read(typed.one(name))
        except REFUSALS as error:
            errors.append(FieldError(name=name, text=line_of(error, words)))
        except ValueError:
            text = words.gettext("Choose one of those in the list.")
            errors.append(FieldError(name=name, text=text))
    reading = {name: values.pop(name) for name in _OF_READING if name in values}
    changed = replace(source, **values, reading=replace(source.reading, **reading))
    return changed, errors


def name_of(location: str) -> str:
    """
    Return a name for a source at an address: that of its host without the ending.
    """
    host = re.sub(r"^https?://(www\.)?", "", location.strip().lower()).partition("/")[0]
    name = re.sub(r"[^\w-]+", "-", host.partition(":")[0].rpartition(".")[0]).strip("-")
    return name[:40] or "site"


def is_valid_name(name: str) -> bool:
    """
    Return True if a source with a page here can have this name.
    """
    return _NAME.fullmatch(name) is not None and name not in RESERVED_NAMES


def problem_with(source: SourceSettings, words: StaffWords) -> FieldError | None:
    """
    Return what is wrong with settings that are read, at the field that it is probably in.
    """
    for name, checked in (
        ("location", replace(source, timezone="UTC")),
        ("timezone", source),
    ):
        try:
            check_source(checked)
        except REFUSALS as error:
            return FieldError(name=name, text=line_of(error, words))
    return None


def _lines(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (line.strip() for line in text.splitlines())))


_READ: dict[str, Callable[[str], Any]] = {
    "location": str.strip,
    **dict.fromkeys(_DURATIONS, lambda text: parse_duration(text.strip())),
    "timezone": str.strip,
    **dict.fromkeys(_LISTS, _lines),
    "day_first": lambda text: text == "yes",
    "image": ImageRule,
    "full_text": FullText,
}
_OF_READING = ("prefixes", "trailers", "day_first", "image", "full_text")


def first_poll_of(typed: TypedForm) -> FirstPoll:
    """
    Return what the first poll does with what is there.
    """
    return FirstPoll.NEW if typed.one("first_poll") == FirstPoll.NEW else FirstPoll.RECORD
