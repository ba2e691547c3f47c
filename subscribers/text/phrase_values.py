"""
Values of phrases that the newsroom shows in another way than the command line and the API. Each is
a `str` with the text that these show.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Self


class Moment(str):
    """
    A time, `at`, which the newsroom writes in the language and the time zone of the member.
    """

    __slots__ = ("at",)

    at: dt.datetime

    def __new__(cls, text: str, at: dt.datetime) -> Self:
        made = super().__new__(cls, text)
        made.at = at
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return (Moment, (str.__str__(self), self.at))

    def __str__(self) -> str:
        return self


class Labelled(str):
    """
    The name of something that has `labels`, by language, of which the newsroom shows one.
    """

    __slots__ = ("labels",)

    labels: Mapping[str, str]

    def __new__(cls, name: str, labels: Mapping[str, str]) -> Self:
        made = super().__new__(cls, name)
        made.labels = labels
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return (Labelled, (str.__str__(self), dict(self.labels)))

    def __str__(self) -> str:
        return self


def in_utc(at: dt.datetime, *, seconds: bool = False) -> str:
    """
    Return a time as `2026-03-05 11:00 UTC`.
    """
    utc = at.astimezone(dt.UTC)
    return Moment(f"{utc:%Y-%m-%d %H:%M:%S} UTC" if seconds else f"{utc:%Y-%m-%d %H:%M} UTC", at)


def pack_value(value: object) -> object:
    """
    Return a value of a phrase as JSON that `unpack_value` makes the same value of.
    """
    match value:
        case Moment(at=at):
            return {"at": at.isoformat(), "text": str.__str__(value)}
        case Labelled(labels=labels):
            return {"labels": dict(labels), "text": str.__str__(value)}
        case dt.datetime() | dt.time() | dt.timedelta():
            return str(value)
        case dt.date():
            return {"day": value.isoformat()}
    return value if isinstance(value, str | int | float) else str(value)


def unpack_value(packed: object) -> object:
    """
    Return the value that `pack_value` was given.
    """
    match packed:
        case {"at": str(at), "text": str(text)}:
            return Moment(text, dt.datetime.fromisoformat(at))
        case {"labels": dict(labels), "text": str(text)}:
            return Labelled(text, labels)
        case {"day": str(day)}:
            return dt.date.fromisoformat(day)
    return packed
