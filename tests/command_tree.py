"""
Every command of the program by the words that call it, for tests that go through all of them.
"""

from __future__ import annotations

import importlib

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
