"""
What the commands say of people whose address is suppressed, and of suppressions.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from running import Cli

ADD = ("subscriber", "add", "ada@example.org", "--list", "daily")
AGREED = (*ADD, "--consent", "a form")
SUPPRESS = ("suppression", "add", "ada@example.org")
LIFT = ("suppression", "remove", "ada@example.org")


@pytest.mark.parametrize("scope", [(), ("--list", "daily")])
def test_a_suppressed_person_is_not_counted_or_shown_as_active(
    cli: Cli, office: Path, scope: tuple[str, ...]
) -> None:
    cli(*AGREED)
    cli(*SUPPRESS, *scope)
    (daily,) = cli("list", "list", "--json").document
    assert (daily["active"], daily["suppressed"], daily["pending"]) == (0, 1, 0)
    headings, row = cli("list", "list").out.splitlines()
    assert headings.split() == ["slug", "name", "active", "pending", "suppressed", "ended"]
    assert row.split() == ["daily", "The", "Daily", "0", "0", "1", "0"]
    assert cli("subscriber", "list").out.splitlines()[1].endswith("daily: suppressed")
    assert "  daily: suppressed since " in cli("subscriber", "show", "ada@example.org").out


def test_a_suppression_on_another_list_keeps_a_person_active(cli: Cli, office: Path) -> None:
    cli("list", "add", "weekly", "--name", "The Weekly")
    cli(*AGREED)
    cli(*SUPPRESS, "--list", "weekly")
    daily = cli("list", "list", "--json").document[0]
    assert (daily["active"], daily["suppressed"]) == (1, 0)
    assert cli("subscriber", "list").out.splitlines()[1].endswith("daily: active")


def test_lifting_a_suppression_elsewhere_than_it_is_says_where_it_is(
    cli: Cli, office: Path
) -> None:
    cli("list", "add", "weekly", "--name", "The Weekly")
    assert cli(*LIFT).err == (
        "newsletter: ada@example.org is not suppressed: see `newsletter suppression list`\n"
    )
    cli(*SUPPRESS, "--list", "daily")
    for scope in ((), ("--list", "weekly")):
        ran = cli(*LIFT, *scope)
        assert (ran.status, ran.err) == (
            1,
            "newsletter: ada@example.org is suppressed on list daily only: add --list daily\n",
        )
    cli(*SUPPRESS, "--list", "weekly")
    assert cli(*LIFT).err == (
        "newsletter: ada@example.org is suppressed on list daily and list weekly only: "
        "add --list daily or --list weekly\n"
    )
    cli(*LIFT, "--list", "weekly")
    cli(*LIFT, "--list", "daily")
    cli(*SUPPRESS)
    assert cli(*LIFT, "--list", "daily").err == (
        "newsletter: ada@example.org is suppressed on all lists: leave out --list\n"
    )


def test_lifting_a_suppression_says_which_rule_still_applies(cli: Cli, office: Path) -> None:
    cli("suppression", "add", "@example.org")
    cli(*SUPPRESS)
    assert cli(*LIFT).out == (
        "removed the suppression of ada@example.org; it is still suppressed on all lists, "
        "because @example.org is\n"
    )
    assert cli("suppression", "remove", "@example.org").status == 0
    assert cli("suppression", "list").out == "No suppressed addresses.\n"


def test_suppressions_are_listed_with_a_plain_time_and_scope(cli: Cli, office: Path) -> None:
    cli(*SUPPRESS)
    cli("suppression", "add", "ben@example.org", "--list", "daily")
    _, ada, ben = cli("suppression", "list").out.splitlines()
    when = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"
    assert re.fullmatch(rf"ada@example\.org  manual  all lists   {when}", ada)
    assert re.fullmatch(rf"ben@example\.org  manual  list daily  {when}", ben)
    found = cli("suppression", "list", "--json").document
    assert [each["scope"] for each in found] == ["", "daily"]


def test_adding_without_consent_refuses_a_person_who_unsubscribed(cli: Cli, office: Path) -> None:
    cli(*AGREED, "--name", "Ada Byron")
    cli("subscriber", "unsubscribe", "ada@example.org", "--list", "daily")
    ran = cli(*ADD, "--name", "Ada King")
    assert (ran.status, ran.out) == (1, "")
    assert re.fullmatch(
        r"newsletter: ada@example\.org unsubscribed from list daily on \d{4}-\d\d-\d\d; nothing "
        r"was changed; if they agreed again: --consent TEXT and --resubscribe\n",
        ran.err,
    )
    person = cli("subscriber", "show", "ada@example.org", "--json").document
    assert person["name"] == "Ada Byron"
    assert person["lists"][0]["state"] == "ended"
