"""
`newsletter secret create` makes the secret that is missing, and replaces none.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Cli


@pytest.fixture
def without(office: Path) -> Path:
    """
    Return where the secret of an installation was that has signed nothing.
    """
    file = office / "secret.key"
    file.unlink()
    return file


def test_a_missing_secret_is_made_and_only_its_owner_can_read_it(cli: Cli, without: Path) -> None:
    refusal = cli("doctor").out
    assert f"there is no [site] secret_file {without}: run `newsletter secret create`" in refusal
    made = cli("secret", "create", "--json")
    assert (made.status, made.document) == (0, {"file": str(without)})
    assert without.stat().st_mode & 0o777 == 0o600
    assert cli("secret", "list").status == 0
    entries = cli("audit", "list", "--json").document
    assert "secret.create" in str(entries)


def test_a_secret_that_is_there_is_never_replaced(cli: Cli, office: Path) -> None:
    before = (office / "secret.key").read_bytes()
    for words in ([], ["--lost"]):
        refusal = cli("secret", "create", *words).refusal
        assert "already exists: nothing was changed" in refusal
    assert (office / "secret.key").read_bytes() == before
    assert [file.name for file in office.glob(".secret*")] == []


def test_a_secret_that_signed_links_is_only_made_anew_if_it_is_lost(
    cli: Cli, office: Path, monday: Path
) -> None:
    cli("subscriber", "add", "a@x.example", "--list", "daily", "--consent", "test")
    cli("brief", "add", monday)
    cli("issue", "new", "--list", "daily", "--brief", "1", "--subject", "The Quiet Harbour")
    assert cli("issue", "send", "1", "--wait", "--yes").status == 0
    file = office / "secret.key"
    file.unlink()
    assert "restore it from your backup" in cli("secret", "list").refusal
    assert "another secret signed the links" in cli("secret", "create").refusal
    assert not file.exists()
    said = cli("secret", "create", "--lost").out
    assert "run `newsletter resume --only-copy` next" in said
    assert cli("resume", "--only-copy").status == 0
    assert cli("issue", "list").status == 0


def test_a_folder_that_cannot_be_written_is_said_in_one_line(cli: Cli, without: Path) -> None:
    without.parent.joinpath("newsletter.toml").write_text(
        '[site]\nsecret_file = "nowhere/secret.key"\n'
    )
    assert "cannot write [site] secret_file" in cli("secret", "create").refusal
