"""
`newsletter subscriber show` tells everything that is known about a person.
"""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
from pathlib import Path

import pytest
from running import Cli

ADA = "ada@example.org"
ADD = ("subscriber", "add", ADA, "--list", "daily")


@pytest.fixture
def ada(cli: Cli, office: Path) -> Path:
    """
    Ada, with a field, and a break and a cadence that she chose in her settings.
    """
    cli("field", "add", "city", "--type", "text")
    cli(*ADD, "--name", "Ada", "--consent", "at the fair", "--field", "city=Oslo")
    with sqlite3.connect(office / "newsletter.db") as database:
        until = (dt.datetime.now(dt.UTC) + dt.timedelta(days=9)).strftime(
            "%Y-%m-%d 22:00:00.000000"
        )
        database.execute("UPDATE subscriber SET language = 'no', paused_until = ?", [until])
        database.execute("UPDATE subscription SET cadence = 'weekly'")
    return office


def test_the_words_are_in_groups(cli: Cli, ada: Path) -> None:
    cli("list", "add", "weekly", "--name", "The Weekly")
    cli("suppression", "add", ADA, "--list", "weekly")
    shown = re.sub(r"\d{4}-\d\d-\d\d", "DAY", cli("subscriber", "show", ADA).out)

    assert shown.splitlines() == [
        f"{ADA}  Ada",
        "  language: no",
        "  known since: DAY",
        "  gets nothing until: DAY 22:00 UTC",
        "fields",
        "  city: Oslo",
        "lists",
        "  daily: active since DAY, once a week",
        "    agreed on DAY, command line: “at the fair”",
        "suppressions",
        "  list weekly: manual since DAY",
    ]


def test_the_json_has_consents_language_break_and_cadence(cli: Cli, ada: Path) -> None:
    shown = cli("subscriber", "show", ADA, "--json").document

    assert (shown["language"], shown["fields"]) == ("no", {"city": "Oslo"})
    assert shown["paused_until"].endswith("T22:00:00+00:00")
    (daily,) = shown["lists"]
    assert daily["cadence"] == "weekly"
    (consent,) = daily["consents"]
    assert (consent["text"], consent["source"]) == ("at the fair", "command line")
    assert consent["given_at"] == consent["recorded_at"]


def test_a_consent_names_the_version_of_the_sentence_or_the_row_of_the_import(
    cli: Cli, ada: Path
) -> None:
    with sqlite3.connect(ada / "newsletter.db") as database:
        database.execute("UPDATE consent SET evidence = 'request 7, version 3 of the sentence'")
    assert (
        "“at the fair” (request 7, version 3 of the sentence)" in cli("subscriber", "show", ADA).out
    )

    with sqlite3.connect(ada / "newsletter.db") as database:
        database.execute("UPDATE consent SET evidence = ?, given_at = NULL", ["x" * 200])
    assert f"agreed, no time known, command line: “at the fair” ({'x' * 80}…)" in (
        cli("subscriber", "show", ADA).out
    )
    (daily,) = cli("subscriber", "show", ADA, "--json").document["lists"]
    assert daily["consents"][0]["evidence"] == "x" * 200


def test_a_break_that_is_over_is_not_shown(cli: Cli, ada: Path) -> None:
    with sqlite3.connect(ada / "newsletter.db") as database:
        database.execute("UPDATE subscriber SET paused_until = '2026-01-01 00:00:00.000000'")
    assert "gets nothing" not in cli("subscriber", "show", ADA).out
