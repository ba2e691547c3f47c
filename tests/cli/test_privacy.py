"""
`newsletter privacy`: requests under data protection law, and what is stored about an address.
"""

from __future__ import annotations

import json
from pathlib import Path

from running import Cli

ADA = "ada@example.org"


def test_a_request_is_listed_until_it_is_done(cli: Cli, office: Path) -> None:
    made = cli("privacy", "add", ADA, "--kind", "access", "--received", "2026-03-02", "--json")
    assert made.document["due_at"].startswith("2026-04-02")
    assert [each["address"] for each in cli("privacy", "list", "--open", "--json").document] == [
        ADA
    ]
    assert "overdue" in cli("privacy", "list").out
    done = cli("privacy", "done", 1, "--outcome", "sent a file", "--json").document
    assert (done["outcome"], done["by"]) == ("sent a file", "a person")
    assert (made.document["in_time"], done["in_time"]) == (None, False)
    assert cli("privacy", "list", "--open", "--json").document == []
    closed = cli("privacy", "list").out
    assert "2026-03-02  2026-04-02  done on" in closed
    assert ", too late by a person: sent a file" in closed
    assert cli("privacy", "done", 1, "--outcome", "again").status == 1


def test_words_that_are_no_request_are_refused(cli: Cli, office: Path) -> None:
    assert cli("privacy", "add", ADA, "--kind", "deletion").status == 2
    assert cli("privacy", "add", ADA, "--kind", "access", "--received", "2999-01-01").status == 2
    assert cli("privacy", "add", "ada", "--kind", "access").status == 1


def test_everything_about_an_address_is_in_one_file(cli: Cli, office: Path) -> None:
    cli("subscriber", "add", ADA, "--list", "daily", "--consent", "asked", "--name", "Ada")
    cli("privacy", "add", ADA, "--kind", "access")
    cli("issue", "new", "--list", "daily", "--subject", "Hello", "--intro", "A word.")
    cli("issue", "send", "1", "--wait", "--yes")
    assert cli("privacy", "export", ADA, "--out", "ada.json").status == 0
    assert (office / "ada.json").stat().st_mode & 0o077 == 0
    data = json.loads((office / "ada.json").read_text())
    assert data == cli("privacy", "export", ADA, "--json").document
    assert data["person"]["name"] == "Ada"
    (letter,) = data["newsletters"]
    assert (letter["list"], letter["consents"][0]["text"]) == ("daily", "asked")
    (email,) = data["emails"]
    assert (email["subject"], email["state"]) == ("Hello", "accepted")
    assert [each["kind"] for each in data["privacy_requests"]] == ["access"]


def test_the_values_that_an_email_showed_are_in_the_file(cli: Cli, office: Path) -> None:
    cli("field", "add", "company", "--type", "text", "--public", "--label", "en=Company")
    words = ("--list", "daily", "--consent", "asked", "--field", "company=Quay")
    cli("subscriber", "add", ADA, *words)
    subject = "For %%first_name|you%% at %%company|home%%"
    cli("issue", "new", "--list", "daily", "--subject", subject, "--intro", "A word.")
    cli("issue", "send", "1", "--wait", "--yes")
    (email,) = cli("privacy", "export", ADA, "--json").document["emails"]
    assert (email["subject"], email["values"]) == (subject, {"company": "Quay"})


def test_what_is_known_of_an_address_that_is_no_subscriber_s_is_exported_too(
    cli: Cli, office: Path
) -> None:
    assert cli("privacy", "export", ADA).status == 1
    cli("suppression", "add", ADA)
    data = cli("privacy", "export", ADA, "--json").document
    assert data["person"] is None
    assert [each["reason"] for each in data["suppressions"]] == ["manual"]
