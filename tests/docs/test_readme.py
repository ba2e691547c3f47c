"""
The pages people open first are short, and the README knows every kind of source and provider.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.settings.plugins import PROVIDERS, SOURCES, declared

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def readme() -> str:
    return (ROOT / "README.md").read_text("utf-8")


def test_every_kind_of_source_is_in_the_readme(readme: str) -> None:
    assert [kind for kind in declared(SOURCES) if f"`{kind}`" not in readme] == []


def test_every_kind_of_provider_is_in_the_readme(readme: str) -> None:
    assert len(declared(PROVIDERS)) > 1
    assert [kind for kind in declared(PROVIDERS) if f"`{kind}`" not in readme] == []


@pytest.mark.parametrize(
    ("name", "most"), [("README.md", 250), ("CONTRIBUTING.md", 250), ("CHANGELOG.md", 100)]
)
def test_the_pages_people_open_first_are_short(name: str, most: int) -> None:
    assert len((ROOT / name).read_text("utf-8").splitlines()) <= most
