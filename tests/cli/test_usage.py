"""
What every command has in common: help, `--config` and `--json` anywhere, three exit statuses.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_tree import every_command
from running import Cli

from newsletter.cli import COMMANDS, GROUPS


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_every_command_has_help_with_an_example(cli: Cli, words: tuple[str, ...]) -> None:
    ran = cli(*words, "--help")
    assert (ran.status, ran.err) == (0, "")
    assert f"Example: newsletter {' '.join(words)}" in ran.out


def test_the_first_page_of_help_names_every_word_and_the_two_options(cli: Cli) -> None:
    ran = cli("--help")
    assert ran.status == 0
    assert [word for word in (*COMMANDS, *GROUPS) if f"│ {word} " not in ran.out] == []
    assert [word for word in ("--config", "--json", "Example: ") if word not in ran.out] == []


def test_a_group_without_a_word_shows_its_words(cli: Cli) -> None:
    ran = cli("source")
    assert ran.status == 2
    assert [word for word in ("add", "list", "remove") if f"│ {word} " not in ran.out] == []


@pytest.mark.parametrize(
    "words",
    [
        "--config {config} --json list show daily",
        "--config={config} list --json show daily",
        "list show --config {config} daily --json",
        "list show daily --json --config={config}",
    ],
)
def test_config_and_json_stand_before_or_after_the_words(
    cli: Cli, office: Path, tmp_path_factory: pytest.TempPathFactory, words: str
) -> None:
    config = office.rename(tmp_path_factory.mktemp("elsewhere") / "office") / "newsletter.toml"
    ran = cli(*words.format(config=config).split())
    assert ran.document["slug"] == "daily"


def test_the_environment_names_the_settings_too(
    cli: Cli, office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (office / "newsletter.toml").rename(office / "other.toml")
    monkeypatch.setenv("NEWSLETTER_CONFIG", "other.toml")
    assert cli("list", "show", "daily", "--json").document["name"] == "The Daily"


def test_without_json_words_are_for_people(cli: Cli, office: Path) -> None:
    ran = cli("list", "list")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines()[0].split() == ["slug", "name", "active", "pending", "ended"]
    with pytest.raises(json.JSONDecodeError):
        json.loads(ran.out)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--bogus"], "--bogus"),
        (["bogus"], "bogus"),
        (["list", "bogus"], "bogus"),
        (["list", "show", "daily", "--bogus"], "--bogus"),
        (["list", "show"], "slug"),
        (["doctor", "--config"], "--config wants the settings' file"),
        (["list", "add", "x", "--name", "X", "--opt-in", "triple"], "double or single"),
        (["brief", "list", "--status", "lost"], "recorded, new, held, used"),
        (["brief", "show", "one"], "valid integer"),
        (["source", "add", "x", "carrier", "."], "folder"),
        (["source", "add", "x", "folder", ".", "--every", "15x"], "15m or 2h"),
        (["source", "add", "x", "folder", ".", "--look-back", "soon"], "15m or 2h"),
        (["source", "add", "x", "folder", ".", "--timezone", "Mars/Base"], "Europe/Paris"),
        (["source", "add", "x", "folder", ".", "--first-poll", "some"], "record"),
        (["source", "add", "x", "feed", "nowhere"], "http:// or https://"),
        (["issue", "resolve", "1", "--as", "gone"], "accepted or rejected"),
        (["serve", "--port", "90000"], "65535"),
        (["serve", "--only", "web,tea"], "web, schedule, send"),
        (["subscriber", "export", "--list", "daily", "--json"], "--out FILE"),
        (["render", "--out", "x"], "paths"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_status_2_and_names_what_is_wrong(
    cli: Cli, office: Path, words: list[str], named: str
) -> None:
    ran = cli(*words)
    assert (ran.status, ran.out) == (2, "")
    assert named in " ".join(ran.err.replace("│", " ").split())
    assert "Traceback" not in ran.err


def test_a_time_without_an_offset_is_wrong_usage(cli: Cli, office: Path, monday: Path) -> None:
    number = cli("brief", "add", monday, "--json").document[0]["id"]
    issue = cli("issue", "new", "--list", "daily", "--brief", number, "--json").document["id"]
    for at in ("2099-03-05T06:00:00", "tomorrow"):
        ran = cli("issue", "send", issue, "--at", at)
        assert (ran.status, ran.out) == (2, "")
        assert "2026-03-05T06:00:00-05:00" in ran.err
    assert cli("issue", "status", issue, "--json").document["state"] == "draft"
