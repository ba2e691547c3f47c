"""
What every command that writes files holds to: nothing is replaced unasked, the files of the
installation never, and only the owner can read files about people.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import Any

import pytest
from command_tree import command_of, every_command
from running import Cli, Ran

# How to call each command that writes where it is told; OUT is the file or folder.
OUT = "OUT"
CALLS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("audit", "export"): ("--out", OUT),
    ("backup",): (OUT,),
    ("issue", "preview"): ("1", "--no-screenshots", "--out", OUT),
    ("move-out",): (OUT,),
    ("notice", "preview"): ("confirm", "--out", OUT),
    ("privacy", "export"): ("ada@example.org", "--out", OUT),
    ("render",): ("monday.txt", "--out", OUT),
    ("subscriber", "export"): ("--list", "daily", "--out", OUT),
    ("suppression", "export"): ("--out", OUT),
}
# The commands that write a folder, each with one of its files.
FOLDERS = {
    ("issue", "preview"): "issue.html",
    ("notice", "preview"): "confirm.html",
    ("render",): "issue.html",
}
ABOUT_PEOPLE = [
    ("audit", "export"),
    ("backup",),
    ("issue", "preview"),
    ("move-out",),
    ("privacy", "export"),
    ("subscriber", "export"),
    ("suppression", "export"),
]
OWN_FILES = (
    "newsletter.db",
    "newsletter.db-wal",
    "newsletter.db-shm",
    "newsletter.db-journal",
    "newsletter.db-original",
    "newsletter.toml",
    "secret.key",
)
COMMANDS = pytest.mark.parametrize("words", CALLS, ids=" ".join)


@pytest.fixture(autouse=True)
def draft(cli: Cli, office: Path, monday: Path) -> None:
    """
    An installation with a person and a draft, so that there is something to write.
    """
    cli("subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "a form")
    cli("brief", "add", monday)
    cli("issue", "new", "--list", "daily", "--brief", "1")


def call(cli: Cli, words: tuple[str, ...], out: object, *more: str) -> Ran:
    return cli(*words, *(str(out) if word == OUT else word for word in CALLS[words]), *more)


def target(words: tuple[str, ...], name: str = "out") -> Path:
    """
    Return a file that the command writes, if it is told to write to *name*.
    """
    return Path(name, FOLDERS[words]) if words in FOLDERS else Path(name)


def is_written(parameter: Any) -> bool:
    return parameter.name == "out" or bool(re.search(r"\bwrite\b|^Folder for", parameter.help))


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_every_command_that_writes_where_it_is_told_is_tested_here(words: tuple[str, ...]) -> None:
    if words == ("init",):
        # It writes a new installation, and refuses a folder that has one.
        return
    parameters = [each for each in command_of(words).params if each.name != "help"]
    assert any(is_written(each) for each in parameters) == (words in CALLS)
    assert ("force" in {each.name for each in parameters}) == (words in CALLS)


@COMMANDS
def test_a_file_is_replaced_only_with_force(cli: Cli, words: tuple[str, ...]) -> None:
    file = target(words)
    file.parent.mkdir(exist_ok=True)
    file.write_text("mine", encoding="utf-8")

    refusal = call(cli, words, "out").refusal
    assert refusal == f"{file} already exists: choose another name, or add --force to replace it"
    assert file.read_text(encoding="utf-8") == "mine"

    assert call(cli, words, "out", "--force").status == 0
    assert file.read_bytes() != b"mine"


@COMMANDS
def test_no_command_writes_over_a_file_of_the_installation(
    cli: Cli, office: Path, words: tuple[str, ...]
) -> None:
    kept = [name for name in OWN_FILES if (office / name).exists()]
    before = {name: (office / name).stat().st_ino for name in kept}
    for name in OWN_FILES:
        file = target(words)
        if words in FOLDERS:
            file.parent.mkdir(exist_ok=True)
            file.unlink(missing_ok=True)
            file.symlink_to(office / name)
        refusal = call(cli, words, "out" if words in FOLDERS else name, "--force").refusal
        assert "belongs to this installation" in refusal
    assert {name: (office / name).stat().st_ino for name in kept} == before
    assert cli("subscriber", "show", "ada@example.org").status == 0


@COMMANDS
def test_a_link_to_the_database_is_not_replaced_either(
    cli: Cli, office: Path, words: tuple[str, ...]
) -> None:
    file = target(words)
    file.parent.mkdir(exist_ok=True)
    file.hardlink_to(office / "newsletter.db")
    assert "belongs to this installation" in call(cli, words, "out", "--force").refusal
    assert file.samefile(office / "newsletter.db")


@COMMANDS
def test_something_that_is_no_file_is_not_replaced(
    cli: Cli, office: Path, words: tuple[str, ...]
) -> None:
    file = target(words)
    file.mkdir(parents=True)
    refusal = call(cli, words, "out", "--force").refusal
    assert refusal == f"{file} is not a regular file: choose another name"


@COMMANDS
def test_files_about_people_are_their_owners_alone(cli: Cli, words: tuple[str, ...]) -> None:
    assert call(cli, words, "out").status == 0
    folder = Path("out")
    files = list(folder.iterdir()) if folder.is_dir() else [folder]
    modes = {stat.S_IMODE(file.stat().st_mode) for file in files}
    assert modes == {0o600 if words in ABOUT_PEOPLE else 0o644}


@COMMANDS
def test_nothing_is_left_beside_what_was_written(
    cli: Cli, office: Path, words: tuple[str, ...]
) -> None:
    before = {path for path in office.rglob("*") if "db-" not in path.name}
    call(cli, words, "out")
    call(cli, words, "out")
    after = {path for path in office.rglob("*") if "db-" not in path.name} - before
    assert [path.name for path in after if path.name.startswith(".")] == []
    # When the last backup was made is kept beside the settings.
    assert {path.relative_to(office).parts[0] for path in after} - {"last-backup"} == {"out"}


def test_a_preview_in_its_own_folder_is_written_anew(cli: Cli, office: Path) -> None:
    for _ in range(2):
        assert cli("issue", "preview", "1", "--no-screenshots").status == 0
    assert (office / "previews/issue-1/index.html").is_file()
