"""
What every command has in common: help, `--config` and `--json` anywhere, three exit statuses.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from running import Cli


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
    headings = ["slug", "name", "active", "pending", "suppressed", "ended"]
    assert ran.out.splitlines()[0].split() == headings
    with pytest.raises(json.JSONDecodeError):
        json.loads(ran.out)


HELP = "see `newsletter {} --help`"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--bogus"], "`newsletter` has no option --bogus; see `newsletter --help`"),
        (["xyz"], "`newsletter` has no command xyz; see `newsletter --help`"),
        (["lists"], "`newsletter` has no command lists; did you mean list?"),
        (["list", "bogus"], "`newsletter list` has no command bogus; see `newsletter list --help`"),
        (["list", "sho"], "`newsletter list` has no command sho; did you mean show?"),
        (["list", "--"], "`newsletter list` needs a command; see `newsletter list --help`"),
        (["list", "show", "a", "--bogus"], "`newsletter list show` has no option --bogus; {}"),
        (
            ["list", "show", "a", "--jsn"],
            "`newsletter list show` has no option --jsn; did you mean --json?",
        ),
        (
            ["list", "add", "a", "--nam", "A"],
            "`newsletter list add` has no option --nam; did you mean --name?",
        ),
        (["list", "show"], "`newsletter list show` needs SLUG; {}"),
        (["list", "add", "a"], "`newsletter list add` needs --name NAME; {}"),
        (["list", "show", "a", "b"], "`newsletter list show` does not take this argument: 'b'; {}"),
        (["list", "add", "a", "--name"], "--name needs a value: --name NAME; {}"),
        (["issue", "cancel", "1", "--yes=1"], "--yes takes no value; {}"),
        (
            ["render", "--out", "x"],
            "`newsletter render` needs FILE; see `newsletter render --help`",
        ),
        (["doctor", "--config"], "nothing follows --config: write --config FILE"),
        (["brief", "show", "one"], "BRIEF: 'one' is not a whole number"),
        (
            ["issue", "new", "--list", "daily", "--brief", "1.5"],
            "--brief: '1.5' is not a whole number",
        ),
        (["serve", "--port", "90000"], "--port: '90000' is not a whole number (0 to 65535)"),
        (["schedule", "next", "x", "-n", "0"], "-n: '0' is not a whole number (1 to 1000)"),
        (
            ["source", "add", "x", "folder", ".", "--first-poll", "some"],
            "--first-poll: 'some' is not one of record, new",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_one_line_of_ours_and_status_2(
    cli: Cli, words: list[str], reason: str
) -> None:
    ran = cli(*words)
    known = f"newsletter: {reason.format(HELP.format(' '.join(words[:2])))}\n"
    assert (ran.status, ran.out, ran.err) == (2, "", known)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["list", "add", "x", "--name", "X", "--opt-in", "triple"], "double or single"),
        (["brief", "list", "--status", "lost"], "recorded, new, held, used"),
        (["source", "add", "x", "folder", ".", "--every", "15x"], "15m or 2h"),
        (["source", "add", "x", "folder", ".", "--look-back", "soon"], "15m or 2h"),
        (["source", "add", "x", "folder", ".", "--timezone", "Mars/Base"], "Europe/Paris"),
        (["source", "add", "x", "feed", "nowhere"], "http:// or https://"),
        (["issue", "resolve", "1", "--as", "gone"], "accepted or rejected"),
        (["serve", "--only", "web,tea"], "web, schedule, send"),
        (["subscriber", "export", "--list", "daily", "--json"], "--out FILE"),
        # A byte that is not UTF-8, as Python reads it from the command line.
        (["subscriber", "list", "--list", "\udcff"], "not text in UTF-8"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_value_that_is_not_valid_is_one_line_and_status_2(
    cli: Cli, office: Path, words: list[str], named: str
) -> None:
    ran = cli(*words)
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert ran.err.startswith("newsletter: ")
    assert named in ran.err


def test_a_time_that_cannot_be_read_sends_nothing(cli: Cli, office: Path, monday: Path) -> None:
    number = cli("brief", "add", monday, "--json").document[0]["id"]
    issue = cli("issue", "new", "--list", "daily", "--brief", number, "--json").document["id"]
    ran = cli("issue", "send", issue, "--at", "tomorrow")
    reason = "write +2h, 2026-03-05 06:00, or 2026-03-05T06:00:00-05:00"
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == f"newsletter: 'tomorrow' is not a valid time: {reason}\n"
    assert cli("issue", "status", issue, "--json").document["state"] == "draft"


def test_a_local_time_is_that_of_the_lists_zone(
    cli: Cli, office: Path, monday: Path, people: Path
) -> None:
    cli("list", "edit", "daily", "--timezone", "America/New_York")
    cli("subscriber", "import", people, "--list", "daily", "--consent", "paper form")
    cli("brief", "add", monday)
    cli("issue", "new", "--list", "daily", "--brief", 1)
    cli("issue", "send", 1, "--at", "2036-03-05 06:00", "--yes")
    shown = cli("issue", "show", 1)
    assert "  sent: at 2036-03-05 06:00 America/New_York (11:00 UTC)" in shown.out.splitlines()


@pytest.mark.parametrize("words", ["list edit daily", "issue edit 1", "schedule edit morning"])
def test_an_edit_without_an_option_is_refused(cli: Cli, words: str) -> None:
    assert cli(*words.split()).refusal.startswith("nothing to change: give an option, such as --")
