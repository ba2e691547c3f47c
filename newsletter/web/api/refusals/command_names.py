"""
Name operations and fields of the API where a text names commands and their options, which programs
cannot use.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import quote

from newsletter.web.api.refusals.command_operations import (
    FIELDS,
    NOT_IN_THE_API,
    OPERATIONS,
    OPTIONS,
)
from subscribers.text.phrases import Phrase

# What stands for an argument that is not known.
PLACEHOLDERS = frozenset({"ADDRESS", "DIR", "FILE", "ISSUE", "N", "NAME", "SLUG"})
_NAMED = re.compile(r"`newsletter ([^`]+)`")
# What is in backticks, or an option outside of them, with what stands for its value.
OPTION = re.compile(r"`[^`]*`|(?<![\w-])(--[a-z][a-z-]*)(?: (?:[A-Z]+\b|\d+\w))?")


@dataclass(frozen=True, kw_only=True)
class NamedCommand:
    """
    A command in a text: its name, such as `issue edit`, its first argument and its options.
    """

    name: str
    argument: str = ""
    options: tuple[str, ...] = ()

    @property
    def with_options(self) -> list[str]:
        """
        Return the name with each of the options.
        """
        return [f"{self.name} {option}" for option in self.options]


def with_operations(text: str, names: Collection[str] = ()) -> str:
    """
    Return *text* with the operation for each command that it names in backticks, and the field for
    each option that it names outside of them. A command that no operation does stays. An option
    that is several fields of the API is the one among *names*, those of the request.

    Options are found in phrases alone, and not in their values: people wrote these.
    """
    if isinstance(text, Phrase):
        text = _with_fields(text, names)
    return _NAMED.sub(lambda found: _operation(found[1]) or found[0], text)


def _with_fields(text: Phrase, names: Collection[str]) -> Phrase:
    def field(found: re.Match[str]) -> str:
        fields = OPTIONS.get(found[1] or "", ())
        if not fields:
            return found[0]
        return f"`{next((each for each in fields if each in names), fields[0])}`"

    values = {
        name: _with_fields(value, names) if isinstance(value, Phrase) else value
        for name, value in text.values.items()
    }
    one, other = OPTION.sub(field, text.template), OPTION.sub(field, text.other)
    return Phrase(one, values, other, text.number)


def parse_command(text: str) -> NamedCommand | None:
    """
    Return the command that *text* calls, without `newsletter`; None if there is no such command.
    """
    words = text.split()
    for count in (2, 1):
        name, rest = " ".join(words[:count]), words[count:]
        if name in OPERATIONS or name in NOT_IN_THE_API:
            argument = rest[0] if rest and not rest[0].startswith("-") else ""
            options = tuple(word.partition("=")[0] for word in rest if word.startswith("--"))
            return NamedCommand(name=name, argument=argument, options=options)
    return None


def _operation(text: str) -> str | None:
    command = parse_command(text)
    if command is None or not NOT_IN_THE_API.isdisjoint([command.name, *command.with_options]):
        return None
    keys = [key for key in command.with_options if key in OPERATIONS]
    operation = OPERATIONS[keys[0] if keys else command.name]
    if command.argument and command.argument not in PLACEHOLDERS:
        value = quote(command.argument, safe="@")
        operation = re.sub(r"\{\w+\}", lambda _: value, operation, count=1)
    fields = dict.fromkeys(FIELDS[key] for key in command.with_options if key in FIELDS)
    shown = ", ".join(f"`{field}`" for field in fields)
    return f"`{operation}` ({shown})" if shown else f"`{operation}`"
