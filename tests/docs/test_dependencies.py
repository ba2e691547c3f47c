"""
Every dependency has a row with its reason, and no row is about a package that is not one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "development" / "dependencies.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def names(requirements: Sequence[str]) -> set[str]:
    return {re.split(r"[^\w.-]", one)[0] for one in requirements}


def rows(heading: str) -> list[tuple[str, ...]]:
    """
    Return the cells of the table under *heading*, without backticks.
    """
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = re.findall(r"^\| (`.*) \|$", section, re.MULTILINE)
    return [tuple(cell.strip("` ") for cell in line.split(" | ")) for line in lines]


def test_every_dependency_has_a_reason() -> None:
    found = rows("Always installed")
    assert {name for name, _ in found} == names(PROJECT["dependencies"])
    assert all(reason for _, reason in found)


def test_every_dependency_of_an_extra_has_a_reason() -> None:
    extras = PROJECT["optional-dependencies"]
    wanted = {(e, name) for e in extras if e != "dev" for name in names(extras[e])}
    assert {(extra, name) for extra, name, _ in rows("Extras")} == wanted
    assert all(reason for _, _, reason in rows("Extras"))


def test_every_dependency_of_development_has_a_reason() -> None:
    found = rows("Development")
    assert {name for name, _ in found} == names(PROJECT["optional-dependencies"]["dev"])
    assert all(reason for _, reason in found)


def test_the_page_names_what_the_generator_of_a_client_needs() -> None:
    needed = (ROOT / "tests/web/api/generated_client/requirements.in").read_text("utf-8")
    lines = [line for line in needed.splitlines() if not line.startswith("#")]
    assert lines
    assert all(f"`{name}`" in PAGE for name in names(lines))
