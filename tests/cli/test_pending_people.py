"""
The commands on people who never confirmed: list and drop.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Cli

ADD = ("subscriber", "add", "ada@example.org", "--list", "daily")
PENDING = ("subscriber", "list", "--pending")
DROP = ("subscriber", "drop", "--pending", "--older-than", "0s", "--yes")


def test_pending_people_are_listed_with_what_is_known_of_their_sign_up(
    cli: Cli, office: Path
) -> None:
    assert cli(*PENDING).out == "Nobody is pending.\n"
    cli(*ADD)
    cli("subscriber", "add", "bob@example.org", "--list", "daily", "--consent", "a form")

    (shown,) = cli(*PENDING, "--list", "daily", "--json").document
    assert (shown["address"], shown["list"], shown["requests"]) == ("ada@example.org", "daily", 0)
    assert (shown["form"], shown["requested_at"], shown["warnings"]) == ("", None, [])
    headings, row = cli(*PENDING).out.splitlines()
    assert headings.split() == ["address", "list", "since", "form", "asked", "last", "warnings"]
    assert row.startswith("ada@example.org  daily  ")
    assert row.endswith("  not asked  0")


def test_a_dry_run_drops_nobody(cli: Cli, office: Path) -> None:
    cli(*ADD)

    ran = cli(*DROP, "--dry-run")

    assert ran.out == "1 pending subscription would be dropped\n"
    assert cli(*DROP, "--dry-run", "--json").document == {"pending": 1, "dropped": 0}
    assert len(cli(*PENDING, "--json").document) == 1


def test_who_never_confirmed_is_dropped_and_forgotten(cli: Cli, office: Path) -> None:
    cli(*ADD)

    assert cli(*DROP, "--list", "daily").out == "dropped 1 pending subscription\n"

    assert cli(*PENDING, "--json").document == []
    assert cli("subscriber", "show", "ada@example.org").status == 1
    assert cli(*DROP).out == "dropped 0 pending subscriptions\n"


def test_who_has_not_waited_long_stays(cli: Cli, office: Path) -> None:
    cli(*ADD)

    cli("subscriber", "drop", "--pending", "--older-than", "30d", "--yes")

    assert len(cli(*PENDING, "--json").document) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--older-than", "30d"), "--pending"),
        (("--pending",), "--older-than"),
        (("--pending", "--older-than", "a month"), "'a month' is not a valid duration"),
    ],
)
def test_what_to_drop_must_be_said(
    cli: Cli, office: Path, words: tuple[str, ...], message: str
) -> None:
    ran = cli("subscriber", "drop", *words)

    assert ran.status == 2
    assert message in ran.err
