"""
What commands ask for goes through actions that declare a permission.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

CLI = Path(__file__).resolve().parents[2] / "newsletter" / "cli"
ACTIONS = "newsletter.actions"
# The functions of actions that a command may call although nobody's permission decides: before
# there is a database, or on files alone.
UNGUARDED = {
    "check_file",
    "new_suppression",
    "open_installation",
    "restore_backup",
    # The link for the first owner, printed on the terminal of the machine.
    "setup_url",
    "upgrade",
    "upload_folder",
    # Facts in words, made from what an action returned.
    "as_json",
}


def imported_from_actions(tree: ast.Module) -> dict[str, Any]:
    """
    The modules and functions of actions that a module of commands imports, by their names there.
    """
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            "newsletter.actions"
        ):
            for alias in node.names:
                module = importlib.import_module(str(node.module))
                value = getattr(module, alias.name, None)
                if value is None:
                    value = importlib.import_module(f"{node.module}.{alias.name}")
                found[alias.asname or alias.name] = value
    return found


def called_actions() -> Iterator[tuple[str, FunctionType]]:
    for path in sorted(CLI.rglob("*.py")):
        tree = ast.parse(path.read_text())
        known = imported_from_actions(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                value = getattr(known.get(node.value.id), node.attr, None)
            elif isinstance(node, ast.Name):
                value = known.get(node.id)
            else:
                continue
            if isinstance(value, FunctionType) and value.__module__.startswith(
                "newsletter.actions"
            ):
                yield f"{path.relative_to(CLI)}: {value.__name__}", value


def test_every_command_asks_through_an_action_that_declares_its_permission() -> None:
    called = dict(called_actions())
    open_to_all = {
        where
        for where, function in called.items()
        if not hasattr(function, "requirement") and function.__name__ not in UNGUARDED
    }
    assert open_to_all == set()
    assert len(called) > 100


def test_every_command_says_who_runs_it() -> None:
    nameless = [path.name for path in CLI.rglob("*.py") if "OPERATOR" in path.read_text()]
    assert nameless == []
