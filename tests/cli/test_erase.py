"""
`newsletter subscriber erase`: erased for good.
"""

from __future__ import annotations

from pathlib import Path

from running import Cli

ADA = "ada@example.org"


def test_an_erased_person_is_unknown_and_no_import_brings_them_back(cli: Cli, office: Path) -> None:
    cli("subscriber", "add", ADA, "--list", "daily", "--consent", "asked")
    cli("issue", "new", "--list", "daily", "--subject", "Hello", "--intro", "A word.")
    cli("issue", "send", "1", "--wait", "--yes")

    assert cli("subscriber", "erase", ADA, "--json").document == {"address": ADA, "deliveries": 1}

    assert cli("subscriber", "show", ADA).status == 1
    assert cli("issue", "recipients", "1", "--json").document == [
        {"address": None, "state": "accepted", "reason": "", "occasion": 0}
    ]
    (office / "people.csv").write_text(f"email\n{ADA}\n")
    brought = cli(
        "subscriber", "import", str(office / "people.csv"), "--list", "daily", "--json"
    ).document
    assert (brought["created"], brought["refused"]) == (0, 1)


def test_an_address_that_is_no_subscriber_s_is_erased_too(cli: Cli, office: Path) -> None:
    assert cli("subscriber", "erase", ADA).status == 1
    cli("suppression", "add", ADA)
    cli("privacy", "add", ADA, "--kind", "erasure")
    assert cli("subscriber", "erase", ADA).status == 0
    assert cli("privacy", "export", ADA).status == 1
    assert ADA not in cli("suppression", "list").out
    (request,) = cli("privacy", "list", "--json").document
    assert (request["address"], request["outcome"]) == (None, "erased")
    (office / "people.csv").write_text(f"email\n{ADA}\n")
    report = cli("subscriber", "import", "people.csv", "--list", "daily", "--json").document
    assert report["created"] == 0


def test_a_test_email_to_an_erased_address_is_counted_without_it(cli: Cli, office: Path) -> None:
    cli("issue", "new", "--list", "daily", "--subject", "Hello", "--intro", "A word.")
    assert cli("issue", "test", "1", ADA).status == 0
    assert cli("subscriber", "erase", ADA, "--json").document["deliveries"] == 1
    assert cli("privacy", "export", ADA).status == 1
