"""
The details of what happened, as they are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def flat_details(detail: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the details by name, with those of each declared field under its own name.
    """
    flat: dict[str, Any] = {}
    for name, value in detail.items():
        is_group = isinstance(value, Mapping) and not is_change(value)
        flat.update(value if is_group else {name: value})
    return flat


def is_change(value: object) -> bool:
    """
    Return True if a detail says what was before and what is after.
    """
    return isinstance(value, Mapping) and value.keys() == {"before", "after"}
