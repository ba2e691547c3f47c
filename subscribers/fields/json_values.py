"""
The values of declared fields as JSON has them.
"""

from __future__ import annotations

import decimal
import json
from collections.abc import Sequence

from subscribers.fields.model import FieldType

FieldValue = str | bool | int | float | Sequence[str] | None
"""
The value of a field as a program gives or gets it; None removes it.
"""


def as_typed(value: FieldValue) -> str:
    """
    Return the value of a field as text that `parse_value` reads in every language.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{decimal.Decimal(repr(value)):f}"
    return value if isinstance(value, str) else json.dumps(list(value), ensure_ascii=False)


def from_stored(kind: FieldType, value: str) -> FieldValue:
    """
    Return a stored value of a field as JSON has it: a number, true or false, a list, or a text.
    """
    match kind:
        case FieldType.BOOLEAN:
            return value == "yes"
        case FieldType.NUMBER:
            return float(value) if "." in value else int(value)
        case FieldType.CHOICES:
            keys: list[str] = json.loads(value)
            return keys
    return value
