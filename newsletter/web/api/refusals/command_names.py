"""
Name operations of the API where a text names commands, which programs cannot run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from newsletter.web.api.refusals.command_operations import FIELDS, NOT_IN_THE_API, OPERATIONS

# What stands for an argument that is not known.
PLACEHOLDERS = frozenset({"ADDRESS", "DIR", "FILE", "ISSUE", "N", "NAME", "SLUG"})
_NAMED = re.compile(r"`newsletter ([^`]+)`")


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


def with_operations(text: str) -> str:
    """
    Return *text* with the operation for each command that it names in backticks. A command that no
    operation does stays.
    """
    return _NAMED.sub(lambda found: _operation(found[1]) or found[0], text)


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
