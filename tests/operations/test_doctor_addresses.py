"""
What `doctor` says about postal addresses and about emails to unsubscribe.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from installation import Installation

from newsletter.isolation.sandbox import Sandbox
from newsletter.operations.doctor import Check, run_checks
from newsletter.store.issues.list_settings import ListSettings, set_list_settings
from subscribers.lists import find_list

Make = Callable[..., Installation]
QUAY = "The Desk, 1 Quay, Bergen"
MAIN = {"main": {"kind": "resend", "api_key": "env:NL_KEY"}}


@pytest.fixture
def make(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    database_url: str,
    warm_sandbox: Sandbox,
    now: dt.datetime,
) -> Iterator[Make]:
    """
    `make(site=…)` makes an installation with other settings.
    """
    monkeypatch.setitem(os.environ, "NL_KEY", "k")
    made = []

    def installation(**settings: Any) -> Installation:
        made.append(Installation(tmp_path, database_url, now=now, sandbox=warm_sandbox, **settings))
        return made[-1]

    yield installation
    for each in made:
        each.close()


def site(postal_address: str) -> dict[str, str]:
    return {
        "name": "The Institute",
        "base_url": "https://news.example.org",
        "postal_address": postal_address,
    }


def add_list(installation: Installation, slug: str, **own: Any) -> None:
    installation.add_list(slug)
    with installation.app.database.write() as connection:
        number = find_list(connection, slug).id
        set_list_settings(connection, number, ListSettings(**own))


def found(installation: Installation, name: str) -> Check:
    (check,) = [one for one in run_checks(installation.app) if one.name == name]
    return check


def test_doctor_counts_the_lists_with_their_own_postal_address(make: Make) -> None:
    office = make(site=site(QUAY))
    assert found(office, "postal_address").detail == QUAY
    add_list(office, "daily")
    add_list(office, "weekly", postal_address="2 Quay, Oslo")
    check = found(office, "postal_address")
    assert (check.ok, check.detail) == (True, f"{QUAY}; 1 list has its own")


def test_doctor_names_the_lists_whose_emails_lack_a_postal_address(make: Make) -> None:
    office = make(site=site(""), delivery={"provider": "main"}, provider=MAIN)
    add_list(office, "daily")
    add_list(office, "monthly")
    add_list(office, "weekly", postal_address="2 Quay, Oslo")
    check = found(office, "postal_address")
    assert not check.ok
    assert check.detail == (
        "[site] postal_address is missing, and 2 lists have none of their own (daily, monthly): "
        "most laws require one in commercial email"
    )


def test_doctor_wants_no_postal_address_while_email_stays_on_this_machine(make: Make) -> None:
    office = make(
        site=site(""), delivery={"provider": "files"}, provider={"files": {"kind": "outbox"}} | MAIN
    )
    add_list(office, "daily")
    assert found(office, "postal_address").ok
    add_list(office, "weekly", provider="main")
    check = found(office, "postal_address")
    assert not check.ok
    assert "and 1 list has none of its own (weekly)" in check.detail


def test_doctor_wants_no_postal_address_with_a_test_server_on_this_machine(make: Make) -> None:
    here = {"main": MAIN["main"] | {"base_url": "http://127.0.0.1:8025"}}
    office = make(site=site(""), delivery={"provider": "main"}, provider=here)
    add_list(office, "daily")
    assert found(office, "postal_address").ok


def test_doctor_names_at_most_five_lists(make: Make) -> None:
    office = make(site=site(""), delivery={"provider": "main"}, provider=MAIN)
    for number in range(7):
        add_list(office, f"list-{number}")
    detail = found(office, "postal_address").detail
    assert "7 lists have none of their own" in detail
    assert "list-4 and 2 more" in detail
    assert "list-5" not in detail


def test_doctor_says_where_emails_to_unsubscribe_go(make: Make, tmp_path: Path) -> None:
    for name in ("new", "cur", "tmp"):
        (tmp_path / "Leaving" / name).mkdir(parents=True)
    by_mailbox = {"unsubscribe_address": "bye@example.org", "unsubscribe_mailbox": "Leaving"}
    imap = {**by_mailbox, "unsubscribe_mailbox": "imaps://bye@mail.example.org/INBOX"}
    by_command = {"unsubscribe_address": "bye@example.org"}
    details = {
        "not set; readers unsubscribe by link": {},
        "to bye@example.org, read from Leaving": by_mailbox,
        "to bye@example.org, read from imaps://bye@mail.example.org/INBOX": imap,
        "to bye@example.org, read by `newsletter bounces read`": by_command,
    }
    for detail, delivery in details.items():
        check = found(make(delivery=delivery), "unsubscribe emails")
        assert (check.ok, check.detail) == (True, detail)


@pytest.mark.parametrize(
    ("delivery", "detail"),
    [
        (
            {"unsubscribe_address": "bye@example.org", "unsubscribe_mailbox": "nowhere"},
            "is not a Maildir",
        ),
        ({"unsubscribe_address": f"{'b' * 60}@example.org"}, "unsubscribe_address is too long"),
    ],
)
def test_doctor_notices_an_address_to_unsubscribe_that_cannot_work(
    make: Make, delivery: dict[str, str], detail: str
) -> None:
    check = found(make(delivery=delivery), "unsubscribe emails")
    assert not check.ok
    assert detail in check.detail
