"""
The audit trail says in words whatever was done.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import newsletter
from newsletter import actions, operations
from newsletter.model.access import ObjectKind
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.settings.access.action_words import action_words, kind_words

FOLDER = Path(newsletter.__file__).parent
ACTION = re.compile(r"[a-z_]+\.[a-z_]+")
# One of them is made of the kind of the link.
OF_LINKS = {"staff.use_invitation", "staff.use_reset"}


def audited_actions() -> Iterator[str]:
    """
    Yield the action of each function that leaves an entry.
    """
    packages = [*pkgutil.walk_packages(actions.__path__, "newsletter.actions.")]
    packages += pkgutil.walk_packages(operations.__path__, "newsletter.operations.")
    for module in packages:
        for function in vars(importlib.import_module(module.name)).values():
            requirement = getattr(function, "requirement", None)
            if requirement is not None and requirement.is_audited:
                yield requirement.action


def recorded_actions() -> Iterator[str]:
    """
    Yield the actions that are recorded by name: what staff do with their own accounts, long reads,
    a restore.
    """
    for file in [*(FOLDER / "actions").rglob("*.py"), *(FOLDER / "operations").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            called = getattr(node, "func", None)
            name = getattr(called, "id", "")
            if not (isinstance(node, ast.Call) and name.startswith(("record_", "_record"))):
                continue
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def test_every_action_and_kind_of_the_audit_trail_has_words() -> None:
    recorded = {action for action in recorded_actions() if ACTION.fullmatch(action)}
    assert {"staff.log_in", "people.find", "backup.restore"} <= recorded
    known = {*audited_actions(), *recorded, *OF_LINKS}
    assert known - action_words(StaffWords("en")).keys() == set()
    assert {kind.value for kind in ObjectKind} - kind_words(StaffWords("en")).keys() == set()


def test_no_words_are_kept_for_actions_that_are_gone() -> None:
    known = {*audited_actions(), *recorded_actions(), *OF_LINKS}
    assert action_words(StaffWords("en")).keys() - known == set()
