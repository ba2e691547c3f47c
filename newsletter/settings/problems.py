"""
Describe in one line what is wrong in the settings: where, which value, and what to write instead.

Pydantic's own messages are never shown, because they are about Python, not about
files and variables.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from pathlib import Path
from typing import Any, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from newsletter.settings.plugins import PROVIDERS, declared
from newsletter.settings.provider import SECRETS, ProviderSettings
from newsletter.settings.sections import MAILBOX_SECRET

PREFIX = "NEWSLETTER_"
DELIMITER = "__"
MAX_SHOWN = 60
_LINE_BREAKS = re.compile("[\x7f-\x9f\u2028\u2029]")

_WHOLE_NUMBER = "write a whole number"
_NUMBER = "write a number"
_YES_OR_NO = "write true or false"
# By the type of Pydantic's error; the braces take values from its context.
_ADVICE = {
    "bool_parsing": _YES_OR_NO,
    "bool_type": _YES_OR_NO,
    "dict_type": 'write a table, such as {{ Mastodon = "https://example.org/@news" }}',
    "finite_number": _NUMBER,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "greater_than": "write a number above {gt:g}",
    "greater_than_equal": "write a number of at least {ge}",
    "int_from_float": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_parsing_size": _WHOLE_NUMBER,
    "int_type": _WHOLE_NUMBER,
    "less_than_equal": "write a number of at most {le}",
    "literal_error": "write {expected}",
    "path_type": "write a path in quotes",
    "string_too_short": "write at least one character, or leave the key out",
    "string_type": "write text in quotes",
    "string_unicode": "write text in UTF-8",
    "too_long": "write at most {max_length} entries",
    "tuple_type": "write a list in square brackets, such as [80, 443]",
}
# What the value of a key with a pattern must look like.
_FORMS = {
    "bounce_address": "an address with at most 15 characters before the @, such as "
    "bounces@example.org",
    "configuration_set": "letters, digits, - and _, at most 64",
    "dkim_selector": "letters, digits, -, . and _, at most 63, such as s1",
    "host": "the name or address of a server, such as smtp.example.org",
    "unsubscribe_address": "an address in ASCII, such as unsubscribe@example.org",
    "topics": "the ARN of each SNS topic, such as arn:aws:sns:eu-west-1:123456789012:news",
}


def describe_problem(error: ValidationError, settings: type[BaseModel], *, file: Path) -> str:
    """
    Describe the first problem that Pydantic found in *settings*, read from *file* and the
    environment.
    """
    problem = error.errors()[0]
    place = [part for part in problem["loc"] if isinstance(part, str)]
    variable = _variable(place)
    source, where = (file, _shown(place)) if variable is None else ("the environment", variable)
    return f"{source}: {_describe(problem, place, where, settings)}"


def _describe(
    problem: ErrorDetails, place: list[str], where: str, settings: type[BaseModel]
) -> str:
    """
    Describe *problem* without its source. *where* is the key or the environment variable.
    """
    match problem["type"]:
        case "extra_forbidden":
            return unknown_key(place, settings, where=where)
        case "missing":
            return f"{where} is missing: write one of {', '.join(declared(PROVIDERS))}"
        case "value_error":
            # A message of our own validators; one about several keys or sections already names
            # them.
            return f"{where}: {problem['ctx']['error']}" if place else str(problem["ctx"]["error"])
    return f"{where} cannot be {_value(problem, place)}: {_advice(problem, place, where)}"


def _advice(problem: ErrorDetails, place: list[str], where: str) -> str:
    if problem["type"] == "string_pattern_mismatch":
        return f"write {_FORMS[place[-1]]}"
    if problem["type"] == "model_type" or (problem["type"] == "dict_type" and len(place) == 1):
        if where.startswith(PREFIX):
            return "set a variable for each key, such as NEWSLETTER_SITE__NAME"
        name = "provider.NAME" if place[0] == "provider" else place[0]
        return f"write [{name}] on a line of its own, and its keys below"
    return _ADVICE.get(problem["type"], "write another value").format(**problem.get("ctx", {}))


def _value(problem: ErrorDetails, place: list[str]) -> str:
    """
    Return the wrong value as it would be written in the file, or only its kind if it may contain a
    secret.
    """
    value = problem["input"]
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    if place[-1] in (*SECRETS, MAILBOX_SECRET) or (place[0] == "provider" and len(place) < 3):
        return "this value"
    text = json.dumps(value, ensure_ascii=False, default=str)
    text = text.encode("utf-8", "backslashreplace").decode()
    # JSON leaves these as they are, and the message has to stay on one line.
    text = _LINE_BREAKS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"


def unknown_key(place: list[str], settings: type[BaseModel], *, where: str | None = None) -> str:
    """
    Say that there is no key at *place*, and suggest the nearest one.
    """
    known = _known_keys(place[:-1], settings)
    nearest = difflib.get_close_matches(place[-1], known, n=1)
    names = ", ".join(sorted(known))
    advice = f"did you mean {nearest[0]}?" if nearest else f"expected one of {names}"
    return f"unknown key {where or _shown(place)}: {advice}"


def describe_unreadable_variable(settings: type[BaseModel]) -> str:
    """
    Describe the environment variable that should contain JSON but does not.
    """
    for variable, value in sorted(os.environ.items()):
        place = variable.upper().removeprefix(PREFIX).lower().split(DELIMITER)
        if variable.upper().startswith(PREFIX) and _takes_json(place, settings):
            try:
                json.loads(value)
            except ValueError:
                advice = (
                    "set a variable for each key, such as NEWSLETTER_SITE__NAME"
                    if len(place) == 1
                    else 'write it as JSON, such as [80, 443], ["10.0.0.0/8"] or {"Name": "…"}'
                )
                return f"the environment: {variable} cannot be read: {advice}"
    return "the environment: a variable NEWSLETTER_… cannot be read: write lists as JSON"


def _takes_json(place: list[str], settings: type[BaseModel]) -> bool:
    if len(place) == 1:
        return place[0] in settings.model_fields
    parents, key = place[:-1], place[-1]
    model = _model_of(parents, settings)
    field = model.model_fields.get(key) if model is not None else None
    return field is not None and get_origin(field.annotation) in (dict, tuple)


def _variable(place: list[str]) -> str | None:
    """
    Return the environment variable that sets the value at *place*, or None if the file does.
    """
    set_here = {name.upper(): name for name in os.environ}
    for length in range(len(place), 0, -1):
        name = set_here.get(f"{PREFIX}{DELIMITER.join(place[:length])}".upper())
        if name is not None and _holds(os.environ[name], place[length:]):
            return name
    return None


def _holds(text: str, keys: list[str]) -> bool:
    """
    Return True if the JSON object in *text* has a value under *keys*, one inside the other.
    """
    if not keys:
        return True
    try:
        value = json.loads(text)
    except ValueError:
        return False
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
    return True


def _known_keys(parents: list[str], settings: type[BaseModel]) -> list[str]:
    model = _model_of(parents, settings) or settings
    # The folder of the settings and the keys of kinds from outside have no key of this name.
    hidden = {"own"} if parents else {"folder"}
    return [name for name in model.model_fields if name not in hidden]


def _model_of(parents: list[str], settings: type[BaseModel]) -> type[BaseModel] | None:
    """
    Return the class of the section at *parents*, or None.
    """
    if not parents:
        return settings
    if parents[0] == "provider":
        return ProviderSettings if len(parents) == 2 else None
    field = settings.model_fields.get(parents[0])
    model: Any = field.annotation if field is not None and len(parents) == 1 else None
    return model if isinstance(model, type) and issubclass(model, BaseModel) else None


def _shown(place: list[str]) -> str:
    place = [part if part.isprintable() else repr(part) for part in place]
    if len(place) < 2:
        return f"[{place[0]}]" if place else ""
    # `[provider.NAME]` is a section; any other place with two parts is a section and a key.
    if place[0] == "provider" and len(place) == 2:
        return f"[{'.'.join(place)}]"
    return f"[{'.'.join(place[:-1])}] {place[-1]}"
