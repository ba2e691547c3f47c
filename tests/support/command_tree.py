"""
Every command of the program by the words that call it, for tests that go through all of them.
"""

from __future__ import annotations

import importlib
from typing import Any

import typer

from newsletter.cli import COMMANDS, GROUPS


def every_command() -> list[tuple[str, ...]]:
    """
    The words of each command: `("init",)`, `("brief", "read")`, in order.
    """
    found: list[tuple[str, ...]] = [(name,) for name in COMMANDS]
    for name, (module, _) in GROUPS.items():
        group = typer.main.get_command(importlib.import_module(module).group)
        assert isinstance(group, typer.core.TyperGroup)
        found += [(name, word) for word in group.commands]
    return sorted(found)


def every_option() -> dict[str, list[str]]:
    """
    The options of each command as they are typed, `--help` left out; of a switch its first word.
    """
    return {
        " ".join(words): [
            (parameter.secondary_opts or parameter.opts)[0]
            if parameter.default
            else parameter.opts[0]
            for parameter in _command(words).params
            if parameter.param_type_name == "option" and "--help" not in parameter.opts
        ]
        for words in every_command()
    }


def _command(words: tuple[str, ...]) -> Any:
    if len(words) == 1:
        module, _ = COMMANDS[words[0]]
        program = typer.Typer(add_completion=False)
        program.command()(getattr(importlib.import_module(module), words[0].replace("-", "_")))
        return typer.main.get_command(program)
    group: Any = typer.main.get_command(importlib.import_module(GROUPS[words[0]][0]).group)
    return group.commands[words[1]]
