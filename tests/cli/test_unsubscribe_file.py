"""
`newsletter subscriber unsubscribe --file`, and suppressions that a command adds and lifts.
"""

from __future__ import annotations

from pathlib import Path

from running import Cli

ADA, BEA, CARL = "ada@example.org", "bea@example.org", "carl@example.org"


def joined(cli: Cli) -> None:
    cli("list", "add", "weekly", "--name", "Weekly")
    for address, lists in ((ADA, ["daily", "weekly"]), (BEA, ["daily"]), (CARL, ["weekly"])):
        for slug in lists:
            cli("subscriber", "add", address, "--list", slug, "--consent", "asked")


def states(cli: Cli, address: str) -> dict[str, str]:
    lists = cli("subscriber", "show", address, "--json").document["lists"]
    return {each["slug"]: each["state"] for each in lists}


def test_everybody_in_a_file_leaves_one_list_or_all(cli: Cli, office: Path) -> None:
    joined(cli)
    (office / "gone.csv").write_text(f"email\n{ADA}\n{ADA}\nnobody@example.org\nx\n{CARL}\n")
    file = ("subscriber", "unsubscribe", "--file", "gone.csv", "--json")
    expected = {"people": 2, "left": 1, "already": 0, "unknown": 2, "invalid": 1}
    assert cli(*file, "--list", "daily", "--dry-run").document == expected
    assert states(cli, ADA) == {"daily": "active", "weekly": "active"}
    assert cli(*file, "--list", "daily", "--yes").document == expected
    assert states(cli, ADA) == {"daily": "ended", "weekly": "active"}
    assert cli(*file, "--yes").document == {**expected, "left": 2, "unknown": 1}
    assert states(cli, ADA) == {"daily": "ended", "weekly": "ended"}
    assert (states(cli, BEA), states(cli, CARL)) == ({"daily": "active"}, {"weekly": "ended"})


def test_it_takes_an_address_or_a_file(cli: Cli, office: Path) -> None:
    assert cli("subscriber", "unsubscribe").status == 2
    assert cli("subscriber", "unsubscribe", ADA).status == 2
    assert cli("subscriber", "unsubscribe", ADA, "--list", "daily", "--dry-run").status == 2
    assert cli("subscriber", "unsubscribe", ADA, "--file", "gone.csv").status == 2


def test_a_complaint_is_lifted_only_with_a_reason(cli: Cli, office: Path) -> None:
    (office / "spam.txt").write_text(f"{ADA}\n")
    assert cli("suppression", "import", "spam.txt", "--reason", "complaint").status == 0
    refused = cli("suppression", "remove", ADA)
    assert refused.status == 1
    assert "--reason TEXT" in refused.err
    assert cli("suppression", "remove", ADA, "--reason", "they wrote to us").status == 0
    entry = cli("subscriber", "history", ADA, "--json").document[-1]
    assert (entry["what"], entry["detail"]["why"]) == ("released", "they wrote to us")


def test_a_domain_is_suppressed_until_a_day(cli: Cli, office: Path) -> None:
    joined(cli)
    words = ("suppression", "add", "@example.org", "--until", "2999-12-31", "--json")
    (made,) = cli(*words).document
    assert (made["address"], made["expires_at"]) == ("@example.org", "3000-01-01T00:00:00+00:00")
    assert len(cli("suppression", "list", "--json").document) == 4
    refused = cli("suppression", "remove", ADA)
    assert "because @example.org is" in refused.err
    assert cli("suppression", "remove", "@example.org").status == 0
    assert cli("suppression", "list", "--json").document == []
    assert cli("suppression", "add", ADA, "--until", "2001-01-01").status == 2
