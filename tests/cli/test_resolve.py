"""
`newsletter issue resolve` where no outcome is uncertain.
"""

from __future__ import annotations

from pathlib import Path

from running import Cli


def test_nothing_is_decided_where_nobody_is_uncertain(cli: Cli, office: Path) -> None:
    cli("subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "asked")
    cli("issue", "new", "--list", "daily", "--subject", "Hello", "--intro", "A word.")
    cli("issue", "send", "1", "--wait", "--yes")
    ran = cli("issue", "resolve", "1", "--as", "rejected", "--yes")
    assert ran.refusal == ("no recipient of issue 1 is uncertain, so there is nothing to decide")
    assert cli("issue", "status", "1", "--json").document["accepted"] == 1
