"""
`newsletter apply`: fields, lists, sources, segments and schedules out of a file, and back into one.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from running import Cli

SETUP = """\
[list.weekly]
name = "The Weekly"
from = "Desk <desk@example.org>"
approval = true

[source.site]
kind = "ghost"
location = "https://example.org"
every = "2h"
key = "env:GHOST_KEY"
prefix = []

[schedule.morning]
list = ["daily", "weekly"]
source = ["site"]
cron = "0 6 * * mon-fri"
timezone = "America/New_York"
max = 5
order = "oldest"
approval = "deadline"
deadline = "90m"
at_deadline = "send"
editor = ["ada@example.org"]
quiet = "22:00-05:00"
skip_singles = false
look_back = "14d"
"""


@pytest.fixture
def file(office: Path) -> Path:
    path = office / "setup.toml"
    path.write_text(SETUP, encoding="utf-8")
    return path


def did(cli: Cli, *words: object) -> dict[str, str]:
    done = cli("apply", *words, "--json").document["done"]
    return {f"{one['kind']} {one['name']}": one["did"] for one in done}


def test_a_file_is_applied_once_and_changes_nothing_the_second_time(cli: Cli, file: Path) -> None:
    names = ("list weekly", "source site", "schedule morning")
    assert did(cli, file) == dict.fromkeys(names, "added")
    assert did(cli, file) == dict.fromkeys(names, "unchanged")
    shown = cli("schedule", "show", "morning", "--json").document
    assert (shown["max"], shown["deadline_s"], shown["quiet"]) == (5, 5400, "22:00-05:00")


def test_what_is_exported_is_what_was_applied(cli: Cli, file: Path) -> None:
    cli("apply", file)
    exported = tomllib.loads(cli("apply", "--export").out)
    found = tomllib.loads(SETUP)
    assert exported["schedule"] == found["schedule"]
    assert exported["source"] == found["source"]
    assert exported["list"]["weekly"] == {
        **found["list"]["weekly"], "opt_in": "double", "visibility": "private", "language": "en",
    }  # fmt: skip
    file.write_text(cli("apply", "--export").out, encoding="utf-8")
    assert set(did(cli, file).values()) == {"unchanged"}


def test_a_change_is_told_by_its_keys_and_a_dry_run_keeps_nothing(cli: Cli, file: Path) -> None:
    cli("apply", file)
    file.write_text(SETUP.replace("max = 5\n", "").replace('"2h"', '"1h"'), encoding="utf-8")
    for _ in range(2):
        ran = cli("apply", file, "--dry-run")
        assert ran.out.splitlines() == [
            "unchanged  list weekly",
            "changed    source site: every",
            "changed    schedule morning: max",
        ]
        assert ran.err == "dry run: nothing was changed\n"
    cli("apply", file)
    assert cli("schedule", "show", "morning", "--json").document["max"] is None


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("[list.weekly]", "[lst.weekly]", "{file}: unknown section lst: did you mean list?"),
        ("quiet =", "quite =", "[schedule.morning] unknown key quite: did you mean quiet?"),
        ("max = 5", 'max = "5"', "[schedule.morning] max: write a number"),
        ('"oldest"', '"old"', "[schedule.morning] order: write one of newest, oldest"),
        (
            '"ghost"',
            '"gost"',
            "[source.site] 'gost' is not a kind of source: write one of feed, folder, ",
        ),
        (
            "env:GHOST_KEY",
            "abc123",
            "[source.site] the key must be written as env:NAME or file:PATH, never the key",
        ),
        ('["site"]', '["sight"]', "[schedule.morning] no source sight: did you mean site?"),
        ('name = "The Weekly"', "", "[list.weekly] name is missing"),
    ],
)
def test_a_wrong_file_is_refused_whole_in_one_line(
    cli: Cli, file: Path, before: str, after: str, line: str
) -> None:
    file.write_text(SETUP.replace(before, after), encoding="utf-8")
    assert cli("apply", file).refusal.startswith(line.format(file=file))
    assert [one["slug"] for one in cli("list", "list", "--json").document] == ["daily"]


def test_a_file_that_is_nested_a_million_deep_is_refused_in_one_line(
    cli: Cli, office: Path
) -> None:
    path = office / "deep.toml"
    for text in (
        "a = " + "[" * 1_000_000,
        "[list.x]\na = " + "{a=" * 300_000,
        "a" + ".a" * 500_000,
    ):
        path.write_text(text, encoding="utf-8")
        ran = cli("apply", path)
        assert ran.status == 1
        assert ran.err == f"newsletter: {path} is not valid TOML: it is nested too deeply\n"
