"""
The shape of the source tree: unique class names, and packages that say what they are.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("newsletter", "subscribers")
MODULES = sorted(
    path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py")
)
# A package says in its `__init__` what it is, and nothing else, but for these.
FACES = (
    "newsletter/__init__.py",
    "newsletter/app/__init__.py",
    "newsletter/cli/__init__.py",
    "newsletter/settings/__init__.py",
    "newsletter/store/tables/__init__.py",
)


def test_no_two_classes_share_a_name() -> None:
    where = defaultdict(list)
    for path in MODULES:
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.ClassDef):
                where[node.name].append(str(path))
    assert {name: paths for name, paths in where.items() if len(paths) > 1} == {}


@pytest.mark.parametrize("path", [p for p in MODULES if p.name == "__init__.py"], ids=str)
def test_a_package_says_what_it_is(path: Path) -> None:
    tree = ast.parse((ROOT / path).read_text())
    assert ast.get_docstring(tree)
    assert str(path) in FACES or len(tree.body) == 1


def test_every_folder_of_modules_is_a_package() -> None:
    migrations = Path("newsletter/store/migrations")
    folders = {path.parent for path in MODULES if migrations not in path.parents}
    assert [str(folder) for folder in folders if not (ROOT / folder / "__init__.py").exists()] == []
