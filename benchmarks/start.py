"""
`start`: how soon `newsletter --help` answers and `newsletter serve` is ready, beside Python alone.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import RUNS, Row, interleave, seconds_for
from benchmarks.web_process import free_port, is_ready

NAME = "start"
PROGRAM = Path(sys.executable).with_name("newsletter")
PATIENCE_S = 30.0


def run(*, full: bool = False) -> list[Row]:
    """
    Measure the same at any size.
    """
    return measure()


def measure(*, runs: int = RUNS) -> list[Row]:
    """
    Return a row for the shortest command, and one for the longest start.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "site"
        _run(PROGRAM, "init", folder)
        help_ = interleave(runs, ours=lambda: _run(PROGRAM, "--help"), floor=_python)
        serve = interleave(runs, ours=lambda: _ready(folder), floor=_python)
    floor = "floor: python -c pass"
    return [
        Row(name=NAME, work=f"newsletter --help; {floor}", seconds=help_),
        Row(name=NAME, work=f"newsletter serve until /readyz says so; {floor}", seconds=serve),
    ]


def _run(*words: str | Path) -> float:
    return seconds_for(lambda: subprocess.run(words, check=True, capture_output=True))


def _python() -> float:
    return _run(sys.executable, "-c", "pass")


def _ready(folder: Path) -> float:
    """
    Return the seconds until the pages reported ready.
    """
    port = free_port()
    words = [
        str(PROGRAM),
        "--config",
        str(folder / "newsletter.toml"),
        "serve",
        "--port",
        str(port),
    ]
    began = time.perf_counter()
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
        try:
            while not is_ready(port):
                assert time.perf_counter() - began < PATIENCE_S, "serve did not become ready"
                time.sleep(0.01)
            return time.perf_counter() - began
        finally:
            process.terminate()
