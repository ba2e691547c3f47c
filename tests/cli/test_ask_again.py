"""
`newsletter list ask-again`: what it counts, starts, shows and stops.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Cli

ASK = ("list", "ask-again", "daily")
RUN = {
    "run", "list", "audience", "segment", "import", "per_day", "days", "state", "by", "started_at",
    "ends_at", "people", "waiting", "asked", "answered", "no_answer", "left", "unreached",
}  # fmt: skip


@pytest.fixture
def people(cli: Cli, office: Path) -> None:
    """
    Five people who were imported without a consent, and two who are active.
    """
    rows = "\n".join(f"p{number}@example.org" for number in range(5))
    (office / "old.csv").write_text(f"email\n{rows}\n", encoding="utf-8")
    (office / "new.csv").write_text("email\na@example.org\nb@example.org\n", encoding="utf-8")
    cli("subscriber", "import", "old.csv", "--list", "daily")
    cli("subscriber", "import", "new.csv", "--list", "daily", "--consent", "a form")


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("words", "audience", "count"),
    [
        ((), "pending", 5),
        (("--import", 1), "import", 5),
        (("--import", 2), "import", 0),
        (("--all",), "all", 2),
    ],
)
def test_a_dry_run_counts_and_starts_nothing(
    cli: Cli, words: tuple[object, ...], audience: str, count: int
) -> None:
    counted = cli(*ASK, *words, "--per-day", 3, "--dry-run", "--json").document
    assert counted == {
        "list": "daily",
        "audience": audience,
        "segment": None,
        "import": words[1] if len(words) > 1 else None,
        "per_day": 3,
        "days": 30,
        "people": count,
    }
    assert cli(*ASK, "--status").err == (
        "newsletter: list daily was never asked again: there is no run to show\n"
    )


@pytest.mark.usefixtures("people")
def test_a_run_is_started_shown_and_stopped(cli: Cli) -> None:
    started = cli(*ASK, "--all", "--per-day", 1, "--days", 7, "--yes", "--json").document
    assert set(started) == RUN
    assert {name: started[name] for name in ("run", "audience", "people", "waiting", "state")} == {
        "run": 1,
        "audience": "all",
        "people": 2,
        "waiting": 2,
        "state": "running",
    }
    assert set(cli(*ASK, "--status", "--json").document) == RUN
    assert "2 not asked yet" in cli(*ASK, "--status").out
    shown = cli("list", "show", "daily")
    assert "run 1 is running: 0 of 2 people asked, 0 want it" in shown.out
    assert cli("list", "show", "daily", "--json").document["ask_again"]["run"] == 1

    again = cli(*ASK, "--per-day", 1, "--yes")
    assert (again.status, "are being asked already" in again.err) == (1, True)
    assert cli(*ASK, "--stop", "--yes", "--json").document["state"] == "stopped"
    assert cli(*ASK, "--stop", "--yes").status == 1


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--all", "--import", 1, "--per-day", 3),
        ("--status", "--stop"),
        ("--stop", "--dry-run"),
        ("--per-day", 0),
    ],
)
def test_options_that_make_no_sense_together_are_refused(
    cli: Cli, words: tuple[object, ...]
) -> None:
    assert cli(*ASK, *words).status == 2


def test_a_list_with_nobody_to_ask_starts_no_run(cli: Cli, office: Path) -> None:
    ran = cli(*ASK, "--all", "--per-day", 3, "--yes")
    assert (ran.status, ran.err) == (
        1,
        "newsletter: there is nobody to ask on list daily: nobody active on it may be mailed now\n",
    )
