"""
Run pytest, and run the cases that failed once more: alone, one after the other, in a new process.

A case that fails twice fails the run. A case that passes alone is *unsteady*: the second run names
it with its first error, and adds it to `build/unsteady.txt`. More than five of them fail the run.
So does whatever else went wrong: a module that cannot be collected, a case that did not run, a
process that ended early and, if `$NEWSLETTER_NO_SKIPS` is set, a case that was skipped.

Usage: `python tests/support/rerun.py -n 3 --dist worksteal`, and any other argument of pytest.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

UNSTEADY_AT_MOST = 5
# If more cases failed than this, something is broken, and running them one by one takes too long.
RERUN_AT_MOST = 50
LONGEST_ERROR = 300
# Names the file in which a process that runs pytest finds its task and leaves its result.
RESULT_FILE = "NEWSLETTER_TEST_RESULT"


class FirstRun:
    """
    A pytest plugin that records what became of each case, and fails a run that left one out.
    """

    def __init__(self) -> None:
        self.collected: set[str] = set()
        self.uncollected: list[str] = []
        self.ended: set[str] = set()
        self.skipped: set[str] = set()
        self.failed: dict[str, str] = {}

    def faults(self) -> list[str]:
        """
        Return what fails the run whatever a second run says, a line each.
        """
        faults = [f"not collected: {name}" for name in self.uncollected]
        faults += [f"did not run: {name}" for name in sorted(self.collected - self.ended)]
        if os.environ.get("NEWSLETTER_NO_SKIPS"):
            faults += [f"skipped with NEWSLETTER_NO_SKIPS: {name}" for name in sorted(self.skipped)]
        if len(self.failed) > RERUN_AT_MOST:
            faults.append(f"not run again: {len(self.failed)} cases failed")
        return faults

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.collected.update(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        self.collected.update(ids)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.uncollected.append(report.nodeid)
        if report.skipped:
            self.skipped.add(report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.setdefault(report.nodeid, first_line(report))
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skipped.add(report.nodeid)
        # If its process dies, a case has one report, in none of the usual phases.
        if report.when not in ("setup", "call"):
            self.ended.add(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if not exitstatus and self.faults():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for fault in self.faults():
            terminalreporter.write_line(fault, red=True)


class SecondRun(FirstRun):
    """
    A pytest plugin that names the unsteady ones of the cases that *failed_first*, and fails the run
    if there are too many, or if another case neither failed again nor passed.
    """

    def __init__(self, failed_first: Mapping[str, str]) -> None:
        super().__init__()
        self.failed_first = failed_first

    def unsteady(self) -> dict[str, str]:
        """
        Return the cases that failed at first and passed alone, with their first errors.
        """
        passed = self.ended - self.failed.keys() - self.skipped
        return {name: error for name, error in self.failed_first.items() if name in passed}

    def faults(self) -> list[str]:
        unsteady = self.unsteady()
        left_out = self.failed_first.keys() - self.failed.keys() - unsteady.keys()
        faults = [*super().faults(), *(f"did not pass alone: {name}" for name in sorted(left_out))]
        if len(unsteady) > UNSTEADY_AT_MOST:
            faults.append(
                f"{len(unsteady)} unsteady cases: at most {UNSTEADY_AT_MOST} are accepted"
            )
        return faults

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        unsteady = self.unsteady()
        if unsteady:
            terminalreporter.ensure_newline()
            terminalreporter.section("unsteady: failed among others, passed alone")
            for name, error in unsteady.items():
                terminalreporter.write_line(f"{name}\n    {error}")
            append_to(terminalreporter.config.rootpath / "build/unsteady.txt", unsteady)
        super().pytest_terminal_summary(terminalreporter)


def first_line(report: pytest.TestReport) -> str:
    """
    Return the first line of the error in a report.
    """
    text = report.longrepr if isinstance(report.longrepr, str) else report.longreprtext
    crash = getattr(report.longrepr, "reprcrash", None)
    lines = (crash.message if crash else text).splitlines()
    return lines[0][:LONGEST_ERROR] if lines else ""


def append_to(path: Path, unsteady: Mapping[str, str]) -> None:
    """
    Add a line to a file for each unsteady case: the time, the case and its first error.
    """
    at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    path.parent.mkdir(exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{at} {name} {error}\n" for name, error in unsteady.items())


def main(arguments: Sequence[str]) -> int:
    """
    Run pytest with *arguments*, and a second time if cases failed. Return the exit status.
    """
    # Failures of earlier runs, which pytest remembers, are not those of this one.
    status, failed = run_apart([*arguments, "--cache-clear"])
    if not failed:
        return status
    sys.stdout.write(f"\nRunning the {len(failed)} that failed again, one after the other:\n")
    sys.stdout.flush()
    status, _ = run_apart([*arguments, "-n", "0", "--last-failed"], failed)
    return status


def run_apart(
    arguments: Sequence[str], failed_first: Mapping[str, str] | None = None
) -> tuple[int, dict[str, str]]:
    """
    Run pytest in a process of its own, as the second run if *failed_first* has cases. Return its
    status, and the first errors of the cases that are worth a second run.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "result.json"
        file.write_text(json.dumps(failed_first or {}))
        environment = {**os.environ, RESULT_FILE: str(file)}
        words = [sys.executable, __file__, *arguments]
        status = subprocess.run(words, env=environment, check=False).returncode
        result = json.loads(file.read_text())
    if "status" not in result:
        sys.stderr.write(f"pytest ended early, with status {status}\n")
        return status or pytest.ExitCode.INTERNAL_ERROR, {}
    return result["status"], result["failed"]


def run_here(arguments: Sequence[str], file: Path) -> None:
    """
    Run pytest in this process. A case may end it, so only the result in *file* says that it ended.
    """
    failed_first = json.loads(file.read_text())
    record = SecondRun(failed_first) if failed_first else FirstRun()
    status = pytest.main([*arguments], [record])
    is_final = status != pytest.ExitCode.TESTS_FAILED or record.faults()
    failed = {} if is_final else record.failed
    file.write_text(json.dumps({"status": status, "failed": failed}))


if __name__ == "__main__":
    result_file = os.environ.pop(RESULT_FILE, None)
    if result_file is None:
        sys.exit(main(sys.argv[1:]))
    run_here(sys.argv[1:], Path(result_file))
