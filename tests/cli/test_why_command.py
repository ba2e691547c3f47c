"""
`newsletter why` as a person reads it.
"""

from __future__ import annotations

from pathlib import Path

from running import Cli


def test_why_tells_lists_suppressions_and_issues(cli: Cli, office: Path) -> None:
    for name in ("ada", "grace"):
        cli("subscriber", "add", f"{name}@example.org", "--list", "daily", "--consent", "asked")
    cli("suppression", "add", "ada@example.org")
    cli("issue", "new", "--list", "daily", "--subject", "Hello", "--intro", "A word.")
    cli("issue", "send", "1", "--wait", "--yes")
    lines = cli("why", "ADA@example.org").out.splitlines()
    assert [line.partition(" since")[0] for line in lines[1:2]] == ["  daily: active"]
    assert lines[2].startswith("  suppressed on all lists: manual, since 20")
    assert lines[3:] == [
        "issue 1 “Hello”",
        "  Not sent: they were left out when sending began, "
        "because the address is suppressed (manual).",
    ]
    (document,) = cli("why", "grace@example.org", "--issue", "1", "--json").document["issues"]
    assert (document["outcome"], document["provider"], document["list"]) == (
        "accepted",
        "outbox",
        "daily",
    )


def test_a_stranger_is_refused_in_one_line(cli: Cli, office: Path) -> None:
    assert cli("why", "nobody@example.org").refusal == (
        "nothing is known about nobody@example.org: check the spelling"
    )


def test_why_tells_the_values_that_were_frozen(cli: Cli, office: Path) -> None:
    cli("field", "add", "company", "--type", "text", "--public", "--label", "en=Company")
    cli("subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "asked")
    cli("subscriber", "edit", "ada@example.org", "--field", "company=Quay")
    words = ("--subject", "For %%company|friends%%", "--intro", "A word.")
    cli("issue", "new", "--list", "daily", *words)
    cli("issue", "send", "1", "--wait", "--yes")
    cli("subscriber", "edit", "ada@example.org", "--field", "company=Harbour")
    assert cli("why", "ada@example.org").out.splitlines()[-1] == "  frozen with company “Quay”"
    (document,) = cli("why", "ada@example.org", "--json").document["issues"]
    assert document["merge_values"] == {"company": "Quay"}


def test_why_tells_several_options_in_words(cli: Cli, office: Path) -> None:
    options = ("--option", "sport", "--option", "arts")
    cli("field", "add", "interests", "--type", "choices", "--public", *options)
    cli("subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "asked")
    cli("subscriber", "edit", "ada@example.org", "--field", "interests=sport,arts")
    words = ("--subject", "For %%interests|friends%%", "--intro", "A word.")
    cli("issue", "new", "--list", "daily", *words)
    cli("issue", "send", "1", "--wait", "--yes")
    assert cli("why", "ada@example.org").out.endswith("  frozen with interests “sport, arts”\n")
