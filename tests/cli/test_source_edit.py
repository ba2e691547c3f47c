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


def test_a_name_that_is_taken_is_refused_with_the_command_that_changes_the_source(
    cli: Cli, site: str
) -> None:
    ran = cli("source", "add", site, "feed", "https://example.org/other")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == (
        "newsletter: a source named site already exists: change it with `newsletter source edit "
        "site`, or choose another name\n"
    )


@pytest.mark.parametrize(
    ("kind", "location", "key"),
    [
        ("ghost", "https://blog.example.org/", "Content API key"),
        ("mailbox", "imaps://desk@mail.example.org/Briefs", "password"),
    ],
)
def test_a_source_without_the_key_that_it_needs_is_told_at_once(
    cli: Cli, office: Path, kind: str, location: str, key: str
) -> None:
    warning = (
        f"source other has no {key}, so its polls will fail: `newsletter source edit other "
        "--key env:NAME`\n"
    )
    ran = cli("source", "add", "other", kind, location)
    assert (ran.status, ran.err) == (0, warning)
    assert cli("source", "edit", "other", "--key", "env:KEY").err == ""
    ran = cli("source", "edit", "other", "--key", "")
    assert (ran.status, ran.err) == (0, warning)
    ran = cli("source", "add", "third", kind, location, "--key", "env:KEY")
    assert (ran.status, ran.err) == (0, "")


def test_a_mailbox_in_a_folder_needs_no_key(cli: Cli, office: Path) -> None:
    assert cli("source", "add", "post", "mailbox", "post").err == ""


def test_the_settings_of_a_source_are_shown(cli: Cli, site: str) -> None:
    cli("source", "edit", site, "--every", "5m", "--look-back", "7d", "--category", "News")
    lines = cli("source", "show", site).out.splitlines()
    assert {
        "  interval: 5m",
        "  settle: 15m",
        "  look-back: 7d",
        "  first poll: record",
        "  categories: News",
    } <= set(lines)
    cli("source", "edit", site, "--category", "")
    assert "  categories: all" in cli("source", "show", site).out.splitlines()


def test_an_edit_takes_back_what_a_flag_said(cli: Cli, site: str) -> None:
    cli("source", "edit", site, "--day-first")
    changed = cli("source", "edit", site, "--no-day-first", "--json").document
    assert changed["reading"]["day_first"] is False


def test_the_help_of_an_edit_names_no_default(cli: Cli, office: Path) -> None:
    assert "[default: 15m]" in cli("source", "add", "--help").out
    assert "[default: 15m]" not in cli("source", "edit", "--help").out
