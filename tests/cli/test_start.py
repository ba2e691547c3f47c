"""
The command line as a process: how soon it answers, and how it ends.
"""

from __future__ import annotations

import os
import pty
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from running import Cli

PROGRAM = Path(sys.executable).parent / "newsletter"


def least_computing_s(*words: object) -> float:
    """
    The least seconds of computing that one of five runs took; other work on the machine is none.
    """
    taken = []
    for _ in range(5):
        begun = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL)
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime)
    return min(taken)


@pytest.mark.parametrize("words", [["--help"], ["list", "add", "--help"]])
def test_help_loads_neither_the_database_nor_the_readers(words: list[str]) -> None:
    look = (
        "import sys; from newsletter.cli import main\n"
        f"try: main({words!r})\n"
        "except SystemExit: pass\n"
        "print('heavy:', sorted({'sqlalchemy', 'lxml', 'httpx'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, timeout=60)
    assert ran.stdout.splitlines()[-1] == "heavy: []"


def test_help_comes_within_a_second_of_python_itself() -> None:
    floor = least_computing_s(sys.executable, "-c", "pass")
    assert least_computing_s(PROGRAM, "--help") - floor < 1.0


def test_a_refusal_ends_the_process_with_status_1_and_one_line(tmp_path: Path) -> None:
    ran = subprocess.run(
        [PROGRAM, "list", "list", "--json"], cwd=tmp_path, capture_output=True, text=True,
        env={"PATH": "/usr/bin:/bin"}, timeout=60,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == (
        "newsletter: no settings at newsletter.toml: go to the folder of your newsletter, name the "
        "file with --config, or run `newsletter init DIR`\n"
    )


def test_wrong_usage_ends_the_process_with_status_2(tmp_path: Path) -> None:
    ran = subprocess.run([PROGRAM, "xyz"], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "newsletter: `newsletter` has no command xyz; see `newsletter --help`\n"


def test_a_question_on_a_terminal_leaves_standard_output_to_the_document(
    cli: Cli, office: Path, monday: Path
) -> None:
    cli("brief", "add", monday)
    cli("issue", "new", "--list", "daily", "--brief", 1)
    ours, theirs = pty.openpty()
    os.write(ours, b"n\n")
    ran = subprocess.run(
        [PROGRAM, "issue", "cancel", "1", "--json"], stdin=theirs, cwd=office,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    os.close(ours)
    os.close(theirs)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("Cancel issue 1 for good?")
    assert ran.stderr.endswith("newsletter: issue 1 was not cancelled: you answered no\n")
    assert cli("issue", "status", 1, "--json").document["state"] == "draft"


def test_a_reader_that_went_away_is_no_error(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [PROGRAM, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read().decode()
    process.stderr.close()
    assert (process.wait(timeout=60), said) in [(1, ""), (0, "")]


def test_a_command_says_its_own_words_and_no_line_of_a_log(tmp_path: Path) -> None:
    for words in ("init .", "source add desk folder missing", "collect --json"):
        ran = subprocess.run(
            [PROGRAM, *words.split()], cwd=tmp_path, capture_output=True, text=True,
            env={"PATH": "/usr/bin:/bin"}, timeout=60,
        )  # fmt: skip
    assert ran.stderr.splitlines() == [
        "collecting: 1 of 1",
        f"newsletter: desk: {tmp_path}/missing: no such file or directory; check the folder of "
        "source desk",
    ]
