"""
Writes what is wrong in the settings as one line: the key, and the known key nearest to it.
"""

from __future__ import annotations

import difflib
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from newsletter.settings.provider import ProviderSettings

# Pydantic's own messages for these speak of Python, not of the file.
_MESSAGES = {
    "missing": "is missing",
    "string_pattern_mismatch": "is not of the form that the README shows",
    "tuple_type": "must be a list in square brackets",
    "dict_type": "must be a section of its own",
    "model_type": "must be a section of its own",
}


def first_problem(error: ValidationError, settings: type[BaseModel]) -> str:
    """
    Describe the first problem that pydantic found in *settings*.
    """
    problem = error.errors()[0]
    place = [part for part in problem["loc"] if isinstance(part, str)]
    if problem["type"] == "extra_forbidden":
        return unknown_key(place, settings)
    if not place:
        return _message(problem)
    message = _MESSAGES.get(problem["type"]) or _message(problem)
    if problem["type"] == "value_error" and place[0] == "provider" and len(place) == 2:
        return f"[{'.'.join(place)}] {message}"
    return f"{_shown(place)}: {message[0].lower()}{message[1:]}"


def _message(problem: ErrorDetails) -> str:
    """
    Return pydantic's message; that of a validator of ours without what pydantic puts before it.
    """
    if problem["type"] == "value_error":
        return str(problem["ctx"]["error"])
    return problem["msg"]


def unknown_key(place: list[str], settings: type[BaseModel]) -> str:
    """
    Say that there is no key at *place*, and which one may have been meant.
    """
    known = _known_keys(place[:-1], settings)
    nearest = difflib.get_close_matches(place[-1], known, n=1)
    advice = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(sorted(known))}"
    return f"unknown key {_shown(place)}: {advice}"


def _known_keys(parents: list[str], settings: type[BaseModel]) -> list[str]:
    fields: Any = settings.model_fields
    if not parents:
        return [name for name in fields if name != "folder"]
    if parents[0] == "provider":
        return list(ProviderSettings.model_fields)
    return list(fields[parents[0]].annotation.model_fields)


def _shown(place: list[str]) -> str:
    if len(place) < 2:
        return f"[{place[0]}]"
    return f"[{'.'.join(place[:-1])}] {place[-1]}"
