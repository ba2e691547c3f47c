"""
The command line among other programs: pipes, full disks, completion.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from running import Cli

PROGRAM = [sys.executable, "-c", "from newsletter.cli import main; main()"]
CSV = "email,name\nada@example.org,Ada Byron\n"
WORDS_OF_EACH = [
    (("subscriber", "import", "-", "--list", "daily", "--consent", "asked"), CSV, "created: 1"),
    (("subscriber", "tag", "--file", "-", "--add", "press", "--yes"), CSV, "people: 1"),
    (("suppression", "import", "-"), "ben@example.org\n", "added: 1"),
    (("brief", "read", "-"), "# The quiet quay\n\nThe ferries stay.\n", "The quiet quay"),
    (("brief", "add", "-"), "<html><h1>The loud quay</h1><p>It hoots.</p></html>", "The loud quay"),
    (("apply", "-"), '[list.weekly]\nname = "The Weekly"\n', "list weekly"),
    (("check", "-"), "<html><body><p>Hello</p></body></html>", "0 warnings"),
]


def standard_input(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_a_hyphen_is_standard_input_wherever_a_command_reads_a_file(
    cli: Cli, office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = []
    for words, text, shown in WORDS_OF_EACH:
        standard_input(monkeypatch, text)
        ran = cli(*words)
        if shown not in ran.out and "warning" not in ran.out:
            wrong.append((words, ran))
    assert wrong == []


def test_what_stood_in_for_standard_input_is_gone_afterwards(
    cli: Cli, office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (office / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(office / "scratch"))
    standard_input(monkeypatch, CSV)
    assert cli("subscriber", "import", "-", "--list", "daily", "--dry-run").status == 0
    assert list((office / "scratch").iterdir()) == []


def test_rows_of_standard_input_that_are_refused_are_kept_in_a_file_here(
    cli: Cli, office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("subscriber", "import", "-", "--list", "daily", "--json")
    names = []
    for _ in range(2):
        standard_input(monkeypatch, f"{CSV}not-an-address,Ben\n")
        names.append(json.loads(cli(*words).out)["errors_file"])
    assert names == ["standard-input.errors.csv", "standard-input.errors-1.csv"]
    assert all("not-an-address" in (office / name).read_text() for name in names)
    standard_input(monkeypatch, "email\nben@example.org\n")
    assert "newsletter subscriber confirm ADDRESS --list daily" in cli(*words[:-1]).out


def test_a_word_after_an_argument_is_completed(office: Path) -> None:
    words = "newsletter list edit daily --visibility p"
    asked = {"_NEWSLETTER_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": "5"}
    ran = subprocess.run(
        PROGRAM, env=os.environ | asked, capture_output=True, text=True, cwd=office, check=False
    )
    assert ran.stderr == ""


def test_nothing_is_written_to_a_file_that_is_called_like_standard_output(
    cli: Cli, office: Path
) -> None:
    ran = cli("move-out", "-")
    assert ran.status == 1
    assert "name a file" in ran.err
    assert not (office / "-").exists()


def test_output_that_cannot_be_written_is_one_line_and_status_1(office: Path) -> None:
    for words in (["list", "list"], ["list", "list", "--json"], ["--help"], ["--version"]):
        with Path("/dev/full").open("wb") as full:
            ran = subprocess.run(
                [*PROGRAM, *words], stdout=full, stderr=subprocess.PIPE, text=True, cwd=office
            )
        assert ran.returncode == 1, words
        (line,) = ran.stderr.splitlines()
        assert line.startswith("newsletter: cannot write the output (No space left on device)")


def test_a_reader_that_has_gone_is_no_error(office: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(
        [*PROGRAM, "list", "list"], stdout=writing, stderr=subprocess.PIPE, text=True, cwd=office
    )
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (1, "")


def test_a_program_gets_the_whole_list_and_a_person_its_beginning(cli: Cli, office: Path) -> None:
    rows = "".join(f"reader{number:02}@example.org\n" for number in range(60))
    (office / "many.csv").write_text(f"email\n{rows}")
    cli("subscriber", "import", "many.csv", "--list", "daily", "--consent", "asked")
    ran = cli("subscriber", "list", "--json")
    assert (len(ran.document), ran.err) == (60, "")
    assert len(cli("subscriber", "list", "--json", "--most", "5").document) == 5
    shown = cli("subscriber", "list")
    assert len(shown.out.splitlines()) == 51
    assert shown.err == "there are more: see them with --after reader49@example.org or --most N\n"


def test_briefs_issues_and_imports_are_all_in_the_json(cli: Cli, office: Path) -> None:
    for number in range(51):
        (office / f"b{number}.md").write_text(f"# Title {number}\n\nText {number}.\n")
        cli("issue", "new", "--list", "daily", "--subject", f"N {number}", "--intro", "A word.")
    cli("brief", "add", *(office / f"b{number}.md" for number in range(51)))
    assert len(cli("brief", "list", "--json").document) == 51
    assert len(cli("issue", "list", "--json").document) == 51
    assert len(cli("issue", "list").out.splitlines()) == 51


def completions(line: str, shell: str = "zsh") -> str:
    variables = {
        "_NEWSLETTER_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    if shell == "bash":
        words = line.split(" ")
        variables |= {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)}
    ran = subprocess.run(PROGRAM, capture_output=True, text=True, env={**os.environ, **variables})
    assert ran.stderr == ""
    return ran.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_commands_and_options_are_completed(shell: str) -> None:
    assert "subscriber" in completions("newsletter sub", shell)
    found = completions("newsletter --config other.toml subscriber un", shell)
    assert "unsubscribe" in found
    assert "erase" not in found
    assert "--dry-run" in completions("newsletter subscriber erase --json --dr", shell)
    assert "forget" not in completions("newsletter subscriber fo", shell)


def test_the_old_word_for_erase_still_works_and_is_not_shown(cli: Cli, office: Path) -> None:
    cli("subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "asked")
    assert cli("subscriber", "forget", "ada@example.org", "--yes").status == 0
    assert "forget" not in cli("subscriber", "--help").out


def test_an_address_has_one_name_in_json(cli: Cli, office: Path) -> None:
    cli("subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "asked")
    cli("issue", "new", "--list", "daily", "--subject", "Hello", "--intro", "A word.")
    cli("issue", "send", "1", "--wait", "--yes")
    exported = json.loads(cli("subscriber", "export", "--format", "jsonl").out)
    documents = [
        cli("issue", "recipients", "1", "--json").document[0],
        cli("subscriber", "list", "--json").document[0],
        cli("why", "ada@example.org", "--json").document,
        exported,
    ]
    assert [(each["address"], "email" in each) for each in documents] == [
        ("ada@example.org", False)
    ] * 4
