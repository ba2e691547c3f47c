"""
The shape of the source tree: few loose modules, small folders, short modules, unique class names.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("newsletter", "subscribers")
MODULES = sorted(
    path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py")
)
# A list of nouns, rules, migrations or products may be longer than other folders.
LISTS = (
    Path("newsletter/model"),
    Path("newsletter/mail/checks"),
    Path("newsletter/store/migrations/versions"),
    Path("subscribers/import_export/products"),
)
# The modules that every new feature touches are kept shorter than others.
CROSSROADS = ("newsletter/app", "newsletter/pipeline", "newsletter/store/tables", "subscribers")
# A package says in its `__init__` what it is, and nothing else, but for these.
FACES = (
    "newsletter/__init__.py",
    "newsletter/app/__init__.py",
    "newsletter/cli/__init__.py",
    "newsletter/settings/__init__.py",
    "newsletter/store/tables/__init__.py",
)


def test_few_modules_lie_loose() -> None:
    loose = [path.name for path in MODULES if path.parent == Path("newsletter")]
    assert len([name for name in loose if not name.startswith("__")]) <= 5


def test_no_folder_is_crowded() -> None:
    count = Counter(path.parent for path in MODULES if path.name != "__init__.py")
    assert {str(f): n for f, n in count.items() if n > 14 and f not in LISTS} == {}


def test_no_module_is_long() -> None:
    lines = {str(path): len((ROOT / path).read_text().splitlines()) for path in MODULES}
    assert {path: n for path, n in lines.items() if n > 300} == {}
    assert {path: n for path, n in lines.items() if n > 220 and path.startswith(CROSSROADS)} == {}


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
