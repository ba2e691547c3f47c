"""
Every test belongs to `make test` or to `make test-ci`, and what holds the promise to the first.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KILLED = "a_kill_at_any_step_loses_nobody_and_doubles_nobody"
PROMISES = {
    f"test_promises.py::test_{KILLED}[sqlite-plain]",
    f"test_promises.py::test_{KILLED}[postgresql-resend]",
    "test_promises.py::test_kills_at_random_lose_nobody_and_double_nobody[sqlite-postmark]",
    "test_promises.py::test_kills_at_random_lose_nobody_and_double_nobody[postgresql-plain]",
    "test_promises.py::test_whoever_unsubscribes_while_an_issue_is_sent_gets_no_mail_begun_later",
    "test_promises.py::test_workers_killed_and_restarted_bring_each_reader_one_mail",
}


def marks_of(target: str) -> str:
    """
    Which tests `make` asks pytest for.
    """
    makefile = (ROOT / "Makefile").read_text("utf-8")
    found = re.search(rf'^{target}:.*\n\t\$\(PYTEST\) -m "([^"]+)"$', makefile, re.M)
    assert found is not None, target
    return found[1]


def test_no_test_is_in_both_circles_or_in_neither() -> None:
    assert marks_of("test") == "not ci and not live"
    assert marks_of("test-ci") == "ci and not live"


def test_make_test_holds_the_promise() -> None:
    words = ("--collect-only", "-q", "-p", "no:cacheprovider", "-m", marks_of("test"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, ROOT / "tests/reliability/test_promises.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = {line.rpartition("/")[2] for line in done.stdout.splitlines() if "::" in line}
    assert found == PROMISES
