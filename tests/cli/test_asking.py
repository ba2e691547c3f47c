"""
The commands that ask people to confirm, and the one that prints the form for a website.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Cli

ADD = ("subscriber", "add", "ada@example.org", "--list", "daily")
RESEND = ("subscriber", "resend-confirmation")


@pytest.fixture
def pending(cli: Cli, office: Path) -> None:
    """
    Five people who were imported without a consent.
    """
    rows = "\n".join(f"p{number}@example.org" for number in range(5))
    (office / "old.csv").write_text(f"email\n{rows}\n", encoding="utf-8")
    assert cli("subscriber", "import", "old.csv", "--list", "daily").status == 0


@pytest.mark.usefixtures("pending")
def test_the_pending_people_of_a_list_are_asked_but_nobody_twice_a_day(cli: Cli) -> None:
    everybody = (*RESEND, "--list", "daily", "--yes")

    assert cli(*everybody, "--most", 4).out == (
        "asked 4 people to confirm; 1 person is left to ask\n"
    )
    assert cli(*everybody).out == "asked 1 person to confirm\n"
    assert cli(*everybody).out == "asked 0 people to confirm\n"


def test_one_person_is_asked_and_not_again_on_the_same_day(cli: Cli, office: Path) -> None:
    cli(*ADD)

    assert cli(*RESEND, "ada@example.org", "--json").document == {"asked": 1, "left": 0}
    again = cli(*RESEND, "ada@example.org")

    assert again.status == 1
    assert "within the last 24 hours" in again.err


def test_who_waits_for_nothing_is_not_asked(cli: Cli, office: Path) -> None:
    cli(*ADD, "--consent", "a form")

    assert "waits for no confirmation" in cli(*RESEND, "ada@example.org").err
    assert cli(*RESEND, "bob@example.org").status == 1
    assert cli(*RESEND).status == 2


def test_the_form_of_a_list_is_printed_only_if_there_is_one(cli: Cli, office: Path) -> None:
    assert cli("list", "embed", "daily").status == 1
    cli("list", "edit", "daily", "--visibility", "unlisted")

    html = cli("list", "embed", "daily").out
    scripted = cli("list", "embed", "daily", "--script").out

    assert html.startswith("<form action=")
    assert 'method="post"' in html
    assert 'name="email"' in html
    assert "<script" not in html
    assert html.rstrip() in scripted
    assert "<script src=" in scripted


@pytest.mark.usefixtures("pending")
def test_nobody_is_asked_who_unsubscribed_elsewhere(cli: Cli, office: Path) -> None:
    (office / "gone.txt").write_text("p0@example.org\np1@example.org\n", encoding="utf-8")
    cli("suppression", "import", "gone.txt", "--reason", "unsubscribed")
    cli("suppression", "add", "p2@example.org", "--list", "daily")

    assert cli(*RESEND, "--list", "daily", "--yes", "--json").document["asked"] == 2
    assert "is suppressed" in cli(*RESEND, "p0@example.org").err
