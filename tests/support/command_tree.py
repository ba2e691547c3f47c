"""
List every command of the program, for tests that go through all of them.
"""

from __future__ import annotations

from typing import Any

import typer

from newsletter.cli import COMMANDS, GROUPS, load_command, load_group
from newsletter.cli.help import Command


def every_command() -> list[tuple[str, ...]]:
    """
    Return the words of each command in order: `("init",)`, `("brief", "read")`. Hidden aliases are
    left out.
    """
    found: list[tuple[str, ...]] = [(name,) for name in COMMANDS]
    found += [
        (name, word)
        for name in GROUPS
        for word, command in _group(name).commands.items()
        if not command.hidden
    ]
    return sorted(found)


def every_option() -> dict[str, list[str]]:
    """
    Return the options of each command as they are typed, without `--help`; of a switch only the
    first form.
    """
    return {
        " ".join(words): [
            (parameter.secondary_opts or parameter.opts)[0]
            if parameter.default
            else parameter.opts[0]
            for parameter in command_of(words).params
            if parameter.param_type_name == "option" and "--help" not in parameter.opts
        ]
        for words in every_command()
    }


def _group(name: str) -> typer.core.TyperGroup:
    group = typer.main.get_command(load_group(name))
    assert isinstance(group, typer.core.TyperGroup)
    return group


def command_of(words: tuple[str, ...]) -> Any:
    """
    Return the command that these words call.
    """
    if len(words) == 1:
        program = typer.Typer(add_completion=False)
        program.command(cls=Command)(load_command(words[0]))
        return typer.main.get_command(program)
    return _group(words[0]).commands[words[1]]
