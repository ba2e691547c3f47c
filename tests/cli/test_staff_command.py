"""
`newsletter staff`: invite, list, change roles, reset, remove; and the link for the first owner.
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from running import Cli
from staff_samples import activate_member

from newsletter.actions.operations.installation import open_installation

EVE, TOM = "eve@example.org", "tom@example.org"
MEMBER = {
    "address", "name", "language", "role", "lists", "state", "second_factor", "last_seen",
}  # fmt: skip


def test_a_member_is_an_address_with_a_role_and_lists(cli: Cli, office: Path) -> None:
    invited = cli("staff", "invite", EVE, "--owner", "--name", "Eve", "--link", "--json").document
    assert set(invited) == MEMBER | {"link"}
    assert (invited["role"], invited["lists"], invited["state"]) == ("owner", None, "invited")
    assert "/admin/invitation/" in invited["link"]
    tom = cli("staff", "invite", TOM, "--role", "editor", "--list", "daily", "--json").document
    assert (tom["link"], tom["lists"]) == (None, ["daily"])
    listed = cli("staff", "list", "--json").document
    assert [set(one) for one in listed] == [MEMBER, MEMBER]
    shown = cli("staff", "list").out.splitlines()
    assert shown[0].split("  ")[0] == "address"
    assert len(shown) == 3


def test_a_role_keeps_the_lists_unless_they_are_named(cli: Cli, office: Path) -> None:
    cli("list", "add", "weekly", "--name", "Weekly")
    cli("staff", "invite", TOM, "--list", "daily", "--link")

    def lists(*arguments: str) -> object:
        return cli("staff", "role", TOM, *arguments, "--json").document["lists"]

    assert lists("editor") == ["daily"]
    assert lists("editor", "--list", "weekly") == ["weekly"]
    assert lists("observer", "--all-lists") is None
    assert cli("staff", "role", TOM, "editor", "--list", "none").status == 1
    assert "an owner has all lists" in cli("staff", "role", TOM, "owner", "--list", "daily").err


def test_what_does_not_fit_is_refused_in_one_line(cli: Cli, office: Path) -> None:
    cases = [
        (("invite", "no address"), "address"),
        (("invite", TOM, "--role", "boss"), "boss is not a role"),
        (("invite", TOM, "--owner", "--role", "editor"), "contradict"),
        (("role", TOM, "editor"), "no member of staff has the address"),
        (("reset", TOM), "no member of staff has the address"),
        (("remove", TOM, "--yes"), "no member of staff has the address"),
    ]
    for arguments, reason in cases:
        ran = cli("staff", *arguments)
        assert ran.status in (1, 2)
        assert reason in ran.err
        assert len(ran.err.splitlines()) == 1
    cli("staff", "invite", TOM, "--link")
    assert "invite them again" in cli("staff", "reset", TOM, "--link").err


def test_a_list_that_is_removed_leaves_its_member_with_no_list(cli: Cli, office: Path) -> None:
    cli("list", "add", "weekly", "--name", "Weekly")
    cli("staff", "invite", TOM, "--list", "weekly", "--link")
    assert cli("list", "remove", "weekly").status == 0
    (tom,) = cli("staff", "list", "--json").document
    assert tom["lists"] == []


def test_removing_needs_nothing_but_a_yes(cli: Cli, office: Path) -> None:
    cli("staff", "invite", TOM, "--link")
    unasked = cli("staff", "remove", TOM)
    assert (unasked.status, "Answer with --yes" in unasked.err) == (1, True)
    assert cli("staff", "remove", TOM, "--yes").out == f"removed {TOM} from the staff\n"
    assert cli("staff", "list", "--json").document == []
    # Who was removed can be invited again.
    assert cli("staff", "invite", TOM, "--link").status == 0


def test_removing_says_which_schedules_no_longer_ask_them(cli: Cli, office: Path) -> None:
    (office / "briefs").mkdir()
    cli("source", "add", "site", "folder", "briefs")
    rule = ["--list", "daily", "--source", "site", "--cron", "0 6 * * *", "--timezone", "UTC"]
    rule += ["--approval", "draft", "--editor", TOM.upper()]
    for name, more in (("morning", ["--editor", "desk@example.org"]), ("weekend", [])):
        assert cli("schedule", "add", name, *rule, *more).status == 0
    cli("staff", "invite", TOM, "--link")
    assert cli("staff", "remove", TOM, "--yes").out.splitlines() == [
        f"removed {TOM} from the staff",
        "they are no longer an editor of schedule morning",
        "they are no longer an editor of schedule weekend: nobody is asked about its drafts by "
        "email now",
    ]
    assert cli("schedule", "show", "morning", "--json").document["editors"] == ["desk@example.org"]


def printed_and_logged(folder: Path) -> tuple[str, bytes]:
    """
    Run `newsletter serve` on a terminal until it serves; return what it printed there and its log.
    """
    command = [sys.executable, "-m", "newsletter", "serve", "--only", "web", "--port", "0"]
    terminal, own = pty.openpty()
    with subprocess.Popen(command, cwd=folder, stderr=own, stdout=subprocess.PIPE) as process:
        os.close(own)
        shown = b""
        while b"serving on" not in shown:
            shown += os.read(terminal, 4096)
        process.terminate()
        logged = process.communicate(timeout=60)[0]
    os.close(terminal)
    return shown.decode(), logged


def said_elsewhere(folder: Path) -> str:
    """
    Run `newsletter serve` without a terminal until it serves; return its standard error.
    """
    command = [sys.executable, "-m", "newsletter", "serve", "--only", "web", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        said = ""
        while "nobody can log in" not in said:
            said += process.stderr.readline()
        process.terminate()
        said += process.communicate(timeout=60)[1]
    assert "/admin/setup/" not in said
    return said


@pytest.mark.ci
def test_serve_prints_the_link_of_the_first_owner_on_a_terminal_and_never_logs_it(
    cli: Cli, office: Path
) -> None:
    shown, logged = printed_and_logged(office)
    lines = shown.splitlines()
    (at,) = [n for n, line in enumerate(lines) if re.search(r"/admin/setup/\S{20,}", line)]
    assert lines[at - 1].startswith("nobody can log in yet")
    assert b"/admin/setup/" not in logged
    assert "newsletter staff invite" in said_elsewhere(office)
    command = [sys.executable, "-m", "newsletter", "serve", "--help"]
    ran = subprocess.run(command, cwd=office, capture_output=True, text=True, check=True)
    assert "/admin/setup/" not in ran.stderr

    cli("staff", "invite", EVE, "--owner", "--link")
    with open_installation(office / "newsletter.toml") as app:
        activate_member(app, EVE)
    shown, _ = printed_and_logged(office)
    assert re.search(r"log in at https?://\S+/admin/", shown)
    assert "/admin/setup/" not in shown
