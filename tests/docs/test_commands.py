"""
Every command in README and on every page of the documentation runs, in order.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from executed_docs import command_server
from executed_docs.pages import problems
from executed_docs.runner import DATABASE, ROOT, PageRun

PAGES = ["README.md", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md"))]


@pytest.fixture(scope="session")
def commands_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """
    The address of the process that runs the pages' `newsletter` commands.
    """
    address = str(tmp_path_factory.mktemp("commands") / "socket")
    words = [sys.executable, command_server.__file__, address]
    with subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"listening\n"
        yield address
        assert server.stdin is not None
        server.stdin.close()


@pytest.mark.parametrize("name", PAGES)
def test_every_block_with_commands_is_run_or_says_why_not(name: str) -> None:
    assert problems(ROOT / name) == []


@pytest.mark.parametrize("name", PAGES)
def test_every_command_runs(
    name: str, tmp_path: Path, commands_at: str, request: pytest.FixtureRequest
) -> None:
    page, new_database = ROOT / name, None
    if DATABASE in page.read_text("utf-8"):
        new_database = request.getfixturevalue("postgres_databases").empty
    run = PageRun(page, tmp_path, commands_at=commands_at, new_database=new_database)
    if failures := run.run():
        pytest.fail("\n\n".join(failures), pytrace=False)
