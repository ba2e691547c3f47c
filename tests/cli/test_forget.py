"""
`newsletter subscriber forget`: erased for good.
"""

from __future__ import annotations

from pathlib import Path

from running import Cli

ADA = "ada@example.org"


def test_a_forgotten_person_is_unknown_and_no_import_brings_them_back(
    cli: Cli, office: Path
) -> None:
    cli("subscriber", "add", ADA, "--list", "daily", "--consent", "asked")
    cli("issue", "new", "--list", "daily", "--subject", "Hello", "--intro", "A word.")
    cli("issue", "send", "1", "--wait", "--yes")

    assert cli("subscriber", "forget", ADA, "--json").document == {"address": ADA, "deliveries": 1}

    assert cli("subscriber", "show", ADA).status == 1
    assert cli("issue", "recipients", "1", "--json").document == [
        {"email": None, "state": "accepted", "reason": ""}
    ]
    (office / "people.csv").write_text(f"email\n{ADA}\n")
    brought = cli(
        "subscriber", "import", str(office / "people.csv"), "--list", "daily", "--json"
    ).document
    assert (brought["created"], brought["refused"]) == (0, 1)
