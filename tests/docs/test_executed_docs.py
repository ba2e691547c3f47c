"""
The run of a page notices what is wrong with it: marks, commands that fail, output that differs.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from executed_docs.commands import Command, commands_of, missing_lines
from executed_docs.pages import problems
from executed_docs.runner import PageRun

FENCE = "```"


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ("<!-- not run: -->\n```sh\nmake x\n```", "the mark 'not run' needs a reason"),
        ("<!-- not run: no -->\n```sh\nmake x\n```", "the mark 'not run' needs a reason"),
        ("<!-- never run: no systemd -->\n```sh\nmake x\n```", "unknown mark 'never run'"),
        (
            "<!-- not run: no systemd -->\n\ntext\n\n```sh\nmake x\n```",
            "no block follows this mark",
        ),
        ("```text\nnewsletter doctor\n```", "commands in a block of text: write sh or console"),
        ("a\n\n    $ newsletter doctor", "commands in a block of indented: write sh or console"),
        (
            "1. a\n\n   ```bash\n   make x\n   ```",
            "commands in a block of bash: write sh or console",
        ),
        ("```console\nmake x\n```", "no line of this console block starts with `$ `"),
        (
            "```console\n$ newsletter serve\nserving\n```",
            "`newsletter serve` does not end, and its output is not compared: leave it out",
        ),
        ("<!-- status: it fails here -->\n```sh\nmake x\n```", "write `status 1: REASON`"),
    ],
)
def test_a_block_that_is_neither_run_nor_marked_is_noticed(
    tmp_path: Path, page: str, problem: str
) -> None:
    file = tmp_path / "page.md"
    file.write_text(page)
    assert [one.split(": ", 1)[1] for one in problems(file)] == [problem]


def test_a_block_that_is_run_or_marked_is_no_problem(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(
        "<!-- not run: there is no systemd -->\n```sh\nmake x\n```\n\n```console\n$ make x\n```\n"
        "\n```text\nwhat newsletter prints\n```\n\n````markdown\n```sh\nnewsletter x\n```\n````\n"
    )
    assert problems(file) == []


def test_a_console_block_has_commands_and_their_output() -> None:
    text = "$ one \\\n>   two\nshown\n\nalso\n$ three\nnewsletter: no\n"
    assert list(commands_of("console", text)) == [
        Command(text="one \\\n  two", shown=["shown", "also"]),
        Command(text="three", shown=["newsletter: no"], status=1),
    ]


def test_a_here_document_belongs_to_its_command() -> None:
    text = "# a comment\ncat > a <<'END'\none\nEND\nls\n"
    commands = [command.text for command in commands_of("sh", text)]
    assert commands == ["cat > a <<'END'\none\nEND", "ls"]


@pytest.mark.parametrize(
    ("shown", "missing"),
    [
        (["issue 7: sent"], []),
        (["readers  12"], []),
        (["the end", "issue 4: sent"], ["issue 4: sent"]),
        (["issue 4: lost"], ["issue 4: lost"]),
        (["readers  0"], ["readers  0"]),
        (["issue …", "…", "the end"], []),
    ],
)
def test_output_is_compared_but_for_numbers_and_spaces(
    shown: list[str], missing: list[str]
) -> None:
    assert missing_lines(shown, "issue 4: sent\nreaders 3\nthe end\n") == missing


@pytest.mark.parametrize(
    ("block", "failure"),
    [
        ("sh\nfalse\n", "ended with 1, not 0"),
        ("sh\nfalse | true\n", "ended with 1, not 0"),
        ("console\n$ echo one\ntwo\n", "missing:\ntwo"),
        ("console\n$ true\nnewsletter: refused\n", "ended with 0, not 1"),
        ("sh\nprintf 'a' > a\ncat a b\n", "ended with 1, not 0"),
    ],
)
def test_a_page_that_is_wrong_fails(tmp_path: Path, block: str, failure: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n{FENCE}{block}{FENCE}\n")
    (found,) = PageRun(page, tmp_path / "run", commands_at="").run()
    assert failure in found


def test_settings_are_laid_over_and_a_file_is_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "<!-- file: newsletter.toml -->\n```toml\n[site]\nname = 'A'\nlanguage = 'en'\n```\n\n"
        "<!-- settings -->\n```toml\n[site]\nname = 'B'\n[provider.mine]\nkind = 'resend'\n```\n\n"
        '```console\n$ cat newsletter.toml\n["site"]\n"name" = "B"\n"language" = "en"\n'
        '["provider"."mine"]\n"kind" = "resend"\n"base_url" = "http://…"\n```\n'
    )
    assert PageRun(page, tmp_path / "run", commands_at="").run() == []
