"""
The fields of a JSON result as lines for people, and numbers in words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from newsletter.model.duration import format_duration


def format_values(values: Mapping[str, Any]) -> str:
    """
    Format each field on a line: `reply to: none`, `look back: 14d`, `paused: no`.
    """
    return "\n".join(f"{format_name(name)}: {format_field(name, values[name])}" for name in values)


def format_name(name: str) -> str:
    """
    Return the name of a field as words.
    """
    return name.removesuffix("_s").replace("_", " ")


def format_field(name: str, value: Any) -> str:
    """
    Return the value of a field as words; where *name* ends in `_s`, as a duration.
    """
    match value:
        case None | [] | "":
            return "none"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
        case dict():
            return ", ".join(f"{count} {each}" for each, count in value.items())
        case int() if name.endswith("_s"):
            return format_duration(dt.timedelta(seconds=value))
    return str(value)


def format_people(count: int) -> str:
    """
    Return a number of people in words: `1 person`, `1,200 people`.
    """
    return "1 person" if count == 1 else f"{count:,} people"
