"""
The libraries that read other people's content are loaded in the sandbox, not by the commands.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from running import Cli

PROGRAM = """
import sys
from newsletter.cli import main
try:
    main(sys.argv[1:])
finally:
    heavy = ("dateparser", "numpy", "py3langid", "trafilatura")
    print("loaded:", [name for name in heavy if name in sys.modules], file=sys.stderr)
"""
BRIEF = (
    "The ferry stays\n\n5 March 2019\n\nThe ferry stays until March, said the mayor on Tuesday.\n"
)


@pytest.mark.parametrize(
    "command",
    ["--help", "render brief.txt --out out", "brief read brief.txt", "check page.html", "collect"],
)
def test_a_command_does_not_load_what_reads_content(
    office: Path, cli: Cli, tmp_path: Path, command: str
) -> None:
    (tmp_path / "brief.txt").write_text(BRIEF)
    (tmp_path / "page.html").write_text("<!DOCTYPE html><title>A</title><p>The ferry stays.")
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "brief.txt").write_text(BRIEF)
    if command == "collect":
        assert cli("source", "add", "desk", "folder", "desk", "--first-poll", "new").status == 0
    program = [sys.executable, "-c", PROGRAM, *command.split()]
    done = subprocess.run(program, capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == "loaded: []"
    assert "Traceback" not in done.stderr
