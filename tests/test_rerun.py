"""
What failed in a run of the tests is run again, alone, and no run is green by accident.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

RERUN = Path(__file__).parent / "support/rerun.py"
HEADING = "unsteady: failed among others, passed alone"
IMPORTS = """
import os
from pathlib import Path

import pytest


def is_first(name):
    mark = Path(name)
    was_there = mark.exists()
    mark.touch()
    return not was_there
"""
PASSES = "def test_passes(): pass\n"
FAILS = "def test_fails(): raise ValueError('always')\n"
FAILS_FIRST = "def test_first(): assert not is_first('mark'), 'too slow'\n"
SKIPPED = "def test_skipped(): pytest.skip('nothing there')\n"


@dataclass(frozen=True, kw_only=True)
class Ended:
    """
    A run that ended. `unsteady` is what it wrote to its file.
    """

    status: int
    lines: list[str]
    unsteady: str

    @property
    def closing_lines(self) -> list[str]:
        """
        What the closing line of each run of pytest says, without its time.
        """
        return [closing(line) for line in self.lines if line.startswith("==") and " in " in line]


def closing(line: str) -> str:
    return line.strip("= ").partition(" in ")[0]


def run(folder: Path, cases: str, *arguments: str, **environment: str) -> Ended:
    """
    Run *cases* as `make test` runs its own, in one process instead of three.
    """
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_cases.py").write_text(IMPORTS + cases)
    own = {
        name: value
        for name, value in os.environ.items()
        if "PYTEST" not in name and name != "NEWSLETTER_NO_SKIPS"
    }
    plugins = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "xdist.plugin"}
    ran = subprocess.run(
        [sys.executable, RERUN, "-n", "1", "--dist", "worksteal", *arguments],
        cwd=folder, env={**own, **plugins, **environment}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    written = folder / "build/unsteady.txt"
    return Ended(
        status=ran.returncode,
        lines=ran.stdout.splitlines(),
        unsteady=written.read_text() if written.exists() else "",
    )


def test_a_run_in_which_all_pass_is_the_only_one(tmp_path: Path) -> None:
    ended = run(tmp_path, PASSES)
    assert (ended.status, ended.closing_lines, ended.unsteady) == (0, ["1 passed"], "")


def test_a_case_that_fails_twice_fails_the_run(tmp_path: Path) -> None:
    ended = run(tmp_path, PASSES + FAILS)
    assert (ended.status, ended.unsteady) == (1, "")
    assert ended.closing_lines == ["1 failed, 1 passed", "1 failed"]
    assert closing(ended.lines[-1]) == "1 failed"


def test_a_case_that_passes_alone_is_named_with_its_first_error(tmp_path: Path) -> None:
    ended = run(tmp_path, PASSES + FAILS_FIRST)
    assert (ended.status, ended.closing_lines) == (0, ["1 failed, 1 passed", "1 passed"])
    heading = next(n for n, line in enumerate(ended.lines) if HEADING in line)
    name, error, last = ended.lines[heading + 1 :]
    assert (name, error) == ("test_cases.py::test_first", "    AssertionError: too slow")
    assert closing(last) == "1 passed"
    assert ended.unsteady.partition(" ")[2] == f"{name} AssertionError: too slow\n"


def test_one_that_fails_twice_beside_an_unsteady_one_fails_the_run(tmp_path: Path) -> None:
    ended = run(tmp_path, FAILS + FAILS_FIRST)
    assert (ended.status, ended.closing_lines) == (1, ["2 failed", "1 failed, 1 passed"])
    assert ended.unsteady.count("\n") == 1


@pytest.mark.parametrize(("count", "status"), [(5, 0), (6, 1)])
def test_more_than_five_unsteady_cases_fail_the_run(
    tmp_path: Path, count: int, status: int
) -> None:
    each = (
        "@pytest.mark.parametrize('n', range({}))\ndef test_n(n): assert not is_first(f'{{n}}')\n"
    )
    ended = run(tmp_path, each.format(count))
    assert (ended.status, ended.closing_lines) == (status, [f"{count} failed", f"{count} passed"])
    assert ended.unsteady.count("\n") == count
    assert ("6 unsteady cases: at most 5 are accepted" in ended.lines) == bool(status)


def test_too_many_failures_are_not_run_again(tmp_path: Path) -> None:
    ended = run(tmp_path, "@pytest.mark.parametrize('n', range(51))\ndef test_n(n): assert n < 0\n")
    assert (ended.status, ended.closing_lines) == (1, ["51 failed"])
    assert "not run again: 51 cases failed" in ended.lines


@pytest.mark.parametrize(
    "case",
    [
        "@pytest.fixture\ndef it(): assert not is_first('mark')\ndef test_it(it): pass\n",
        "@pytest.fixture\ndef it():\n    yield\n    assert not is_first('mark')\n"
        "def test_it(it): pass\n",
    ],
    ids=["before", "after"],
)
def test_what_fails_before_or_after_a_case_is_run_again_with_it(tmp_path: Path, case: str) -> None:
    ended = run(tmp_path, case)
    assert (ended.status, ended.closing_lines[-1]) == (0, "1 passed")
    assert "test_cases.py::test_it AssertionError: assert not True" in ended.unsteady


def test_a_module_that_cannot_be_collected_fails_the_run_even_if_it_can_later(
    tmp_path: Path,
) -> None:
    broken = "if is_first(f'{os.getpid()}') and is_first('mark'): raise ValueError\n"
    ended = run(tmp_path, FAILS_FIRST.replace("'mark'", "'other'") + broken)
    assert ended.status == 1
    assert len(ended.closing_lines) == 1
    assert "not collected: test_cases.py" in ended.lines


def test_a_case_that_kills_its_process_once_is_unsteady(tmp_path: Path) -> None:
    ended = run(tmp_path, PASSES + "def test_dies():\n    if is_first('mark'): os._exit(3)\n")
    assert (ended.status, ended.closing_lines) == (0, ["1 failed, 1 passed", "1 passed"])
    assert "worker 'gw0' crashed while running 'test_cases.py::test_dies'" in ended.unsteady


def test_a_case_that_ends_every_process_as_if_all_were_well_fails_the_run(tmp_path: Path) -> None:
    dies = "def test_dies(): os._exit(0)\n"
    ended = run(tmp_path, PASSES + dies)
    assert (ended.status, ended.closing_lines) == (3, ["1 failed, 1 passed"])
    assert run(tmp_path, dies, "-n", "0").status == 3


def test_a_case_that_is_skipped_alone_did_not_pass(tmp_path: Path) -> None:
    ended = run(
        tmp_path, "def test_it():\n    if is_first('m'): raise ValueError\n    pytest.skip()\n"
    )
    assert (ended.status, ended.closing_lines) == (1, ["1 failed", "1 skipped"])
    assert "did not pass alone: test_cases.py::test_it" in ended.lines


def test_a_skipped_case_fails_the_run_where_nothing_may_be_skipped(tmp_path: Path) -> None:
    strict = run(tmp_path, SKIPPED + FAILS_FIRST, NEWSLETTER_NO_SKIPS="1")
    assert (strict.status, strict.closing_lines) == (1, ["1 failed, 1 skipped"])
    (tmp_path / "mark").unlink()
    assert run(tmp_path, SKIPPED + FAILS_FIRST).status == 0
    assert run(tmp_path, SKIPPED + PASSES, NEWSLETTER_NO_SKIPS="1").status == 1
    module = PASSES + "pytest.skip('nothing there', allow_module_level=True)\n"
    (tmp_path / "test_others.py").write_text(PASSES)
    assert run(tmp_path, module, NEWSLETTER_NO_SKIPS="1").status == 1


def test_a_case_that_did_not_run_fails_the_run(tmp_path: Path) -> None:
    ended = run(tmp_path, FAILS_FIRST + PASSES + PASSES.replace("passes", "later"), "-x")
    assert ended.status != 0
    assert len(ended.closing_lines) == 1
    assert "did not run: test_cases.py::test_later" in ended.lines


def test_what_failed_in_an_earlier_run_is_not_run_again(tmp_path: Path) -> None:
    assert run(tmp_path, FAILS).status == 1
    ended = run(tmp_path, FAILS + FAILS_FIRST, "-k", "first")
    assert (ended.status, ended.closing_lines[-1]) == (0, "1 passed")


def test_a_run_without_cases_is_no_success(tmp_path: Path) -> None:
    assert run(tmp_path, PASSES, "-k", "nothing").status == pytest.ExitCode.NO_TESTS_COLLECTED
