"""
What an audit entry says of the arguments of an action: lists, choices, times and numbers of people,
but nothing that may hold an address. Of files only the names.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from subscribers.bulk.targets import Targets
from subscribers.filters.model import PeopleFilter

_MAY_HOLD_ADDRESSES = frozenset({"address", "addresses", "typed", "text", "reason", "evidence"})
# Values of a filter that may be a part of an address or a name.
_TYPED_TEXTS = frozenset({"text", "begins", "rule"})


def recorded_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return what is recorded of *arguments*, by name; the values of a filter under their own names.
    """
    found: dict[str, Any] = {}
    for name, value in arguments.items():
        if name in _MAY_HOLD_ADDRESSES:
            continue
        if isinstance(value, PeopleFilter):
            found |= recorded_filter(value)
        elif (recorded := _recorded(value)) is not None:
            found[name] = recorded
    return found


def recorded_filter(which: PeopleFilter) -> dict[str, Any]:
    """
    Return the values of a filter; of a text that may be part of an address or a name, only True.
    """
    given = {name: value for name, value in vars(which).items() if value}
    if which.among is not None:
        given["among"] = " ".join(sorted(which.among))
    return {name: True if name in _TYPED_TEXTS else str(value) for name, value in given.items()}


def _recorded(value: object) -> Any:
    return next((record(value) for known, record in _RECORDED if isinstance(value, known)), None)


def _texts(values: Sequence[object]) -> list[object] | None:
    values = [each.name if isinstance(each, Path) else each for each in values]
    is_text = all(isinstance(each, str) for each in values)
    return list(values) if values and is_text else None


# The first type that an argument is an instance of counts; others are not recorded.
_RECORDED: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (enum.Enum, lambda choice: choice.value),
    (int, lambda number: number),
    (str, lambda text: text or None),
    (dt.datetime, lambda moment: moment.isoformat()),
    (Targets, lambda people: len(people.numbers)),
    (list, _texts),
    (tuple, _texts),
)
