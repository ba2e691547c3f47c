"""
`newsletter issue recipients`: the people behind the numbers.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Cli


@pytest.fixture
def frozen(cli: Cli, office: Path, monday: Path) -> Cli:
    """
    Issue 1 is frozen for two readers; nobody hands it over.
    """
    for address in ("ada@example.org", "ben@example.org"):
        cli("subscriber", "add", address, "--list", "daily", "--consent", "in a test")
    cli("brief", "add", monday)
    cli("issue", "new", "--list", "daily", "--brief", 1)
    cli("issue", "send", 1)
    return cli


def test_each_recipient_is_named_with_where_they_stand(frozen: Cli) -> None:
    frozen("suppression", "add", "ben@example.org")
    frozen("issue", "send", 1, "--wait")
    assert frozen("issue", "recipients", 1, "--json").document == [
        {"address": "ada@example.org", "state": "accepted", "reason": "", "occasion": 0},
        {
            "address": "ben@example.org",
            "state": "skipped",
            "reason": "suppressed: manual",
            "occasion": 0,
        },
    ]


def test_those_in_one_state_can_be_asked_for(frozen: Cli) -> None:
    words = frozen("issue", "recipients", 1, "--state", "pending").out
    assert words == (
        "address          state    reason\nada@example.org  pending\nben@example.org  pending\n"
    )
    assert frozen("issue", "recipients", 1, "--state", "uncertain").out == (
        "No recipient of issue 1 is uncertain.\n"
    )


def test_a_state_or_an_issue_that_is_not_there_is_said(frozen: Cli) -> None:
    assert (
        "--state: 'lost' is not one of accepted"
        in frozen("issue", "recipients", 1, "--state", "lost").err
    )
    assert (
        frozen("issue", "recipients", 9).refusal == "no issue 9: `newsletter issue list` shows them"
    )
