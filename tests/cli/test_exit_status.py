"""
The exit status of every command: 1 and one line for what is not there, 2 for wrong usage.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from command_tree import every_command
from running import Cli

# Each command asked for something that is not there.
UNKNOWN = {
    "apply": "missing.toml",
    "backup": "nowhere/newsletter.db",
    "bounces pull": "",
    "bounces read": "missing.eml",
    "brief add": "missing.md",
    "brief edit": "99 --title X",
    "brief free": "99",
    "brief hold": "99",
    "brief join": "98 99",
    "brief pin": "99",
    "brief read": "missing.md",
    "brief show": "99",
    "brief unpin": "99",
    "check": "99",
    "collect": "nowhere",
    "database copy": "--to postgresql://nobody@127.0.0.1:1/none",
    "field edit": "nowhere --public",
    "field remove": "nowhere --yes",
    "field show": "nowhere",
    "import resume": "99",
    "import show": "99",
    "import undo": "99 --yes",
    "init": "people.csv",
    "issue approve": "99",
    "issue cancel": "99 --yes",
    "issue correct": "99",
    "issue diff": "99",
    "issue duplicate": "99",
    "issue edit": "99 --subject X",
    "issue hold": "99",
    "issue new": "--list daily --brief 99",
    "issue pause": "99",
    "issue preview": "99 --no-screenshots",
    "issue recipients": "99",
    "issue reschedule": "99 --at +2h",
    "issue resend": "99 a@example.org",
    "issue resolve": "99 --as accepted --yes",
    "issue resume": "99",
    "issue send": "99 --yes",
    "issue show": "99",
    "issue status": "99",
    "issue test": "99 ada@example.org",
    "list add": "daily --name Again",
    "list ask-again": "nowhere --per-day 9",
    "list edit": "nowhere --name X",
    "list embed": "nowhere",
    "list health": "nowhere",
    "list reasons": "nowhere",
    "list remove": "nowhere",
    "list show": "nowhere",
    "move-in": "nowhere.zip --yes",
    "move-out": "nowhere/all.zip",
    "notice preview": "nonesuch --out out",
    "privacy add": "no-address --kind access",
    "privacy done": "99 --outcome X",
    "privacy export": "no-address",
    "render": "missing.md --out out",
    "restore": "missing.db",
    "schedule add": "s --list nowhere --source x --cron @daily --timezone UTC",
    "schedule edit": "nowhere --min 2",
    "schedule next": "nowhere",
    "schedule pause": "nowhere",
    "schedule remove": "nowhere",
    "schedule resume": "nowhere",
    "schedule run": "nowhere",
    "schedule show": "nowhere",
    "schedule why": "nowhere",
    "segment add": "s --rule nonsense",
    "segment count": "nowhere",
    "segment edit": "nowhere --rule X",
    "segment explain": "nowhere",
    "segment remove": "nowhere --yes",
    "segment sample": "nowhere",
    "segment show": "nowhere",
    "source archive": "nowhere people.csv",
    "source edit": "nowhere --every 1h",
    "source pause": "nowhere",
    "source remove": "nowhere",
    "source resume": "nowhere",
    "source show": "nowhere",
    "staff invite": "no-address",
    "staff remove": "nobody@example.org --yes",
    "staff reset": "nobody@example.org",
    "staff role": "nobody@example.org editor",
    "subscriber add": "ada@example.org --list nowhere",
    "subscriber confirm": "--file missing.csv --evidence X",
    "subscriber drop": "--pending --older-than 30d --list nowhere --yes",
    "subscriber edit": "nobody@example.org --name X",
    "subscriber export": "--list nowhere",
    "subscriber erase": "nobody@example.org --yes",
    "subscriber history": "no-address",
    "subscriber import": "missing.csv --list daily",
    "subscriber list": "--list nowhere",
    "subscriber move": "nobody@example.org --list daily --to nowhere --yes",
    "subscriber note": "nobody@example.org X",
    "subscriber resend-confirmation": "nobody@example.org",
    "subscriber show": "nobody@example.org",
    "subscriber suppress": "nobody@example.org --yes",
    "subscriber tag": "nobody@example.org --add press",
    "subscriber unsubscribe": "nobody@example.org --list daily",
    "suppression add": "ada@example.org --list nowhere",
    "suppression import": "missing.txt",
    "suppression remove": "nobody@example.org",
    "tag remove": "nowhere",
    "tag rename": "nowhere elsewhere",
    "token add": "website --scope lists:read --list nowhere",
    "token revoke": "nowhere",
    "webhook add": "crm https://crm.example.org --list nowhere",
    "webhook attempts": "nowhere",
    "webhook edit": "nowhere --new-secret",
    "webhook pause": "nowhere",
    "webhook remove": "nowhere --yes",
    "webhook replay": "nowhere --failed",
    "webhook resume": "nowhere",
    "webhook show": "nowhere",
    "webhook test": "nowhere",
    "why": "nobody@example.org",
}
# What these look at, or make, is always there.
NEVER_UNKNOWN = {
    "audit check", "audit export", "audit list", "brief list", "doctor",
    "field add", "field list", "import list", "issue list", "list list",
    "migrate", "privacy list", "resume", "schedule list", "secret create",
    "secret list", "secret rotate",
    "segment list", "serve",
    "source add", "source list", "staff list", "start-all", "stop-all", "suppression export",
    "suppression list", "tag list", "token list", "webhook list", "worker",
}  # fmt: skip
EVERY = [" ".join(words) for words in every_command()]


def test_every_command_is_asked_for_what_is_not_there_or_needs_nothing() -> None:
    assert sorted({*UNKNOWN, *NEVER_UNKNOWN}) == EVERY


@pytest.mark.parametrize("command", UNKNOWN)
def test_what_is_not_there_is_status_1_and_one_line(cli: Cli, people: Path, command: str) -> None:
    assert cli(*command.split(), *UNKNOWN[command].split()).refusal


@pytest.mark.parametrize("command", EVERY)
def test_an_unknown_option_is_status_2_and_named(cli: Cli, office: Path, command: str) -> None:
    ran = cli(*command.split(), "--nonesuch")
    assert (ran.status, ran.out) == (2, "")
    assert "--nonesuch" in ran.err


@pytest.mark.parametrize("command", UNKNOWN)
def test_without_settings_every_command_that_needs_them_is_status_1(
    cli: Cli, tmp_path: Path, command: str
) -> None:
    if command not in ("brief read", "render", "notice preview", "init"):
        assert "newsletter init DIR" in cli(*command.split(), *UNKNOWN[command].split()).refusal
