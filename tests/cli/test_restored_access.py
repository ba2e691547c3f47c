"""
Whoever lost their access after a backup does not get it back by restoring that.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Cli


@pytest.fixture
def backed_up(cli: Cli, office: Path) -> Path:
    """
    A backup, after which token shop was revoked and tom was removed.
    """
    for name in ("shop", "sync"):
        cli("token", "add", name, "--scope", "people:read")
    cli("staff", "invite", "eve@example.org", "--owner", "--link")
    for name in ("tom", "ann"):
        cli("staff", "invite", f"{name}@example.org", "--role", "editor", "--link")
    cli("backup", "kept.db")
    assert cli("token", "revoke", "shop").status == 0
    assert cli("staff", "remove", "tom@example.org", "--yes").status == 0
    return office


def staff(cli: Cli) -> list[str]:
    return [each["address"] for each in cli("staff", "list", "--json").document]


def valid_tokens(cli: Cli) -> list[str]:
    found = cli("token", "list", "--json").document
    return [each["name"] for each in found if each["revoked_at"] is None]


def test_revoked_tokens_and_removed_staff_stay_out_after_a_restore(
    cli: Cli, backed_up: Path
) -> None:
    restored = cli("restore", "kept.db", "--yes", "--json").document
    assert (restored["tokens_revoked"], restored["staff_removed"]) == (1, 1)
    assert valid_tokens(cli) == ["sync"]
    assert staff(cli) == ["ann@example.org", "eve@example.org"]
    again = cli("restore", "kept.db", "--yes").out
    assert "revoked again 1 API tokens, removed again 1 members of staff" in again
    assert cli("audit", "check").status == 0


def test_a_restore_is_recorded_in_the_trail(cli: Cli, backed_up: Path) -> None:
    cli("restore", "kept.db", "--yes", "--as", "mara")
    (entry,) = cli("audit", "list", "--action", "backup.restore", "--json").document
    assert (entry["actor"], entry["changes"]) == ("mara", {"tokens": 1, "members": 1})


def test_without_the_previous_database_nothing_tells_who_lost_their_access(
    cli: Cli, backed_up: Path
) -> None:
    (backed_up / "newsletter.db").write_bytes(b"damaged")
    for log in backed_up.glob("newsletter.db-*"):
        log.unlink()
    shown = cli("restore", "kept.db", "--yes").out
    assert "check `newsletter staff list`" in shown
    assert valid_tokens(cli) == ["sync", "shop"]
