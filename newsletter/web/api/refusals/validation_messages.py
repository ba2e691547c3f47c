"""
The messages about values that are not valid, by the type of Pydantic's error
(https://docs.pydantic.dev/latest/errors/validation_errors/).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TIME = "write a time in ISO 8601 with its offset, such as 2026-03-04T12:00:00Z"
_WHOLE = "write a whole number"
_MESSAGES = {
    "bool_parsing": "write true or false",
    "bool_type": "write true or false",
    "date_from_datetime_parsing": "write a date, such as 2026-03-04",
    "date_parsing": "write a date, such as 2026-03-04",
    "datetime_from_date_parsing": _TIME,
    "datetime_parsing": _TIME,
    "datetime_type": _TIME,
    "dict_type": "write an object",
    "enum": "write {expected}",
    "extra_forbidden": "this field is unknown here: leave it out",
    "greater_than": "write a number above {gt}",
    "greater_than_equal": "write a number of at least {ge}",
    "int_from_float": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": "write a smaller number",
    "int_type": _WHOLE,
    "less_than": "write a number below {lt}",
    "less_than_equal": "write a number of at most {le}",
    "list_type": "write a list",
    "literal_error": "write {expected}",
    "missing": "this value is missing",
    "model_attributes_type": "write an object",
    "model_type": "write an object",
    "string_pattern_mismatch": "write it in the form {pattern}",
    "string_too_long": "write at most {max_length} characters",
    "string_too_short": "write at least {min_length} characters",
    "string_type": "write text",
    "string_unicode": "write text in UTF-8",
    "timezone_aware": _TIME,
    "too_long": "write at most {max_length} entries",
    "too_short": "write at least {min_length} entries",
}


def message_for(found: Mapping[str, Any]) -> str:
    """
    Return the message for one of Pydantic's errors. Those of our own validators stay as they are.
    """
    if found["type"] == "value_error":
        return str(found["ctx"]["error"])
    return _MESSAGES.get(found["type"], "write another value").format(**found.get("ctx", {}))
