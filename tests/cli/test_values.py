"""
The fields of a list, a schedule or an import, in words, and what stands in place of empty tables.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Cli


def test_the_settings_of_a_schedule_are_shown_in_words(cli: Cli, office: Path) -> None:
    cli("source", "add", "desk", "folder", ".")
    rule = ("--list", "daily", "--source", "desk", "--cron", "0 6 * * *", "--timezone", "UTC")
    cli("schedule", "add", "morning", *rule, "--look-back", "14d", "--day-off", "12-25")
    lines = cli("schedule", "show", "morning").out.splitlines()
    wanted = ["look back: 14d", "days off: 12-25", "latest: 2h", "paused: no", "max: none"]
    assert [line for line in wanted if line not in lines] == []


@pytest.mark.usefixtures("office")
def test_a_list_without_a_sender_has_that_of_the_settings(cli: Cli) -> None:
    lines = cli("list", "show", "daily").out.splitlines()
    assert [line for line in lines if "as in the settings" in line] == [
        "from: as in the settings",
        "reply to: as in the settings",
        "provider: as in the settings",
        "fallback provider: as in the settings",
        "postal address: as in the settings",
        "brand: as in the settings",
    ]
    assert cli("list", "show", "daily", "--json").document["from"] is None


def test_an_import_counts_in_words(cli: Cli, office: Path, people: Path) -> None:
    ran = cli("subscriber", "import", people, "--list", "daily", "--consent", "x")
    assert ran.out.splitlines() == [
        "import: 1",
        "product: generic",
        "created: 1",
        "by status: 1 active",
        "columns: email, name",
    ]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("brief list", "No briefs yet. Fetch some: newsletter collect"),
        ("brief list --status held", "No held briefs."),
        ("collect", "No sources yet. Add one: newsletter source add"),
        ("source list", "No sources yet. Add one: newsletter source add"),
        ("issue list", "No issues yet. Make one: newsletter issue new"),
        ("schedule list", "No schedules yet. Add one: newsletter schedule add"),
        ("subscriber list", "No subscribers found. Add one: newsletter subscriber add"),
        ("suppression list", "No suppressed addresses."),
    ],
)
@pytest.mark.usefixtures("office")
def test_an_empty_table_says_how_to_fill_it(cli: Cli, words: str, sentence: str) -> None:
    ran = cli(*words.split())
    assert (ran.status, ran.out.startswith(sentence)) == (0, True)
    assert cli(*words.split(), "--json").document == []
