"""
The values of declared fields as JSON has them.
"""

from __future__ import annotations

import decimal
import json
from collections.abc import Sequence

FieldValue = str | bool | int | float | Sequence[str] | None
"""
The value of a field as a program gives it; None removes it.
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
