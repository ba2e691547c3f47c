"""
`newsletter database copy`, as an engineer moves an installation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from running import Cli

from newsletter.store.database import Database


@pytest.fixture
def url(new_postgres: Callable[[], Database]) -> str:
    """
    The address of an empty PostgreSQL database.
    """
    return new_postgres().engine.url.render_as_string(hide_password=False)


def write_letter(cli: Cli, subject: str) -> int:
    words = ("issue", "new", "--list", "daily", "--subject", subject, "--intro", "Hi.", "--json")
    return int(cli(*words).document["id"])


def test_an_installation_goes_on_from_postgresql_and_not_from_the_old_file(
    cli: Cli, office: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "asked")
    issue_id = write_letter(cli, "Hello")
    document = cli("database", "copy", "--to", url, "--json").document
    assert set(document) == {"to", "rows", "tables", "sending", "uncertain_batches"}
    assert {"table": "subscriber", "rows": 1} in document["tables"]
    moved = cli("issue", "send", issue_id, "--wait", "--yes").refusal
    assert moved.startswith("this database was moved to postgresql")
    assert "set [database] url to the new database" in moved
    monkeypatch.setenv("NEWSLETTER_DATABASE__URL", url)
    assert cli("issue", "send", issue_id, "--wait", "--yes").status == 0
    assert len(list(office.glob("outbox/*.eml"))) == 1


def test_a_frozen_issue_shows_after_the_move_the_values_that_were_frozen_before(
    cli: Cli, office: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("field", "add", "company", "--type", "text", "--public", "--label", "en=Company")
    person = ("ada@example.org", "--field", "company=Quay")
    cli("subscriber", "add", *person, "--list", "daily", "--consent", "asked")
    issue_id = write_letter(cli, "For %%company|friends%%")
    cli("issue", "send", issue_id, "--yes")
    cli("database", "copy", "--to", url)
    monkeypatch.setenv("NEWSLETTER_DATABASE__URL", url)
    cli("subscriber", "edit", "ada@example.org", "--field", "company=Harbour")
    cli("issue", "send", issue_id, "--wait")
    (file,) = office.glob("outbox/*.eml")
    assert "Subject: For Quay" in file.read_text()


def test_the_copy_is_shown_as_a_table_with_what_to_do_next(
    cli: Cli, office: Path, url: str
) -> None:
    ran = cli("database", "copy", "--to", url)
    lines = ran.out.splitlines()
    assert lines[0].split() == ["table", "rows"]
    assert ["mailing_list", "1"] in [line.split() for line in lines]
    assert lines[-1] == (
        "next: set [database] url to it in newsletter.toml; this database no longer sends"
    )
    assert re.search(r"copying, rows: (\d+) of \1", ran.err)


def test_a_moved_database_can_be_kept_looked_at_and_taken_up_again(
    cli: Cli, office: Path, url: str
) -> None:
    cli("database", "copy", "--to", url)
    assert "this database was moved to postgresql" in cli("doctor").out
    assert cli("backup", "kept.db").status == 0
    assert cli("list", "list").status == 1
    assert cli("resume", "--only-copy", "--yes").status == 0
    assert cli("list", "list").status == 0


def test_a_target_that_is_no_postgresql_is_wrong_usage(cli: Cli, office: Path) -> None:
    ran = cli("database", "copy", "--to", "mysql://news@localhost/news")
    assert ran.status == 2
    assert "write postgresql://USER@HOST/NAME" in " ".join(ran.err.split())
