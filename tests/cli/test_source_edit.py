"""
The settings of a source can be changed one by one.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Cli


@pytest.fixture
def site(cli: Cli, office: Path) -> str:
    url = "https://example.org/feed"
    cli("source", "add", "site", "feed", url, "--category", "News", "--key", "env:KEY")
    return "site"


def test_an_edit_changes_what_is_given_and_keeps_the_rest(cli: Cli, site: str) -> None:
    before = cli("source", "show", site, "--json").document
    changed = cli("source", "edit", site, "--every", "5m", "--day-first", "--json").document
    assert changed["every_s"] == 300
    assert changed["reading"]["day_first"] is True
    after = cli("source", "show", site, "--json").document
    unchanged = {"every_s", "reading"}
    assert {k: v for k, v in after.items() if k not in unchanged} == {
        k: v for k, v in before.items() if k not in unchanged
    }


def test_an_empty_text_removes_a_category(cli: Cli, site: str) -> None:
    assert cli("source", "edit", site, "--category", "", "--json").document["categories"] == []


@pytest.mark.parametrize(
    ("options", "status", "reason"),
    [
        ((), 1, "nothing to change: give an option, such as --every DURATION"),
        (("--timezone", "Mars/Olympus"), 2, "'Mars/Olympus' is not a known time zone"),
        (("--location", "ftp://x"), 2, "ftp://x: the address of this kind starts with http:// or"),
    ],
)
def test_a_wrong_edit_is_refused_and_changes_nothing(
    cli: Cli, site: str, options: tuple[str, ...], status: int, reason: str
) -> None:
    before = cli("source", "show", site, "--json").document
    ran = cli("source", "edit", site, *options)
    assert ran.status == status
    assert ran.err.startswith(f"newsletter: {reason}")
    assert cli("source", "show", site, "--json").document == before
