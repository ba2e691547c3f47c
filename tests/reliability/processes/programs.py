"""
How the suites start modules of their own as programs.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from installation import Installation

TESTS = Path(__file__).resolve().parents[2]
# Where a process that sends a mail may die.
SEND_POINTS = (
    "claim.after", "intent.before_commit", "intent.after", "call.after", "result.before_commit",
)  # fmt: skip


def command_for(module: str) -> list[str]:
    """
    Return the command that runs *module* as a program.
    """
    return [sys.executable, "-m", module]


def environment_of_child() -> dict[str, str]:
    """
    Return the environment of this process, with the suites' own modules on the path.
    """
    paths = [str(TESTS), str(TESTS / "support"), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}


def kill_at(installation: Installation, module: str, what: str, point: str) -> None:
    """
    Let *module* do *what* in a process of its own, and require that it killed itself at *point*.
    """
    url = installation.app.settings.database_url
    words = [str(installation.folder), url, installation.now.isoformat(), what, point]
    process = subprocess.run(
        [*command_for(module), *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment_of_child() | {"PYTHONWARNINGS": "ignore"},
    )
    if process.returncode != -signal.SIGKILL:
        pytest.fail(f"{point} was not passed: {process.stderr}")


def kill_reader_act(installation: Installation, what: str, point: str) -> None:
    """
    Let a process do *what* a reader asks for until it dies at *point*, and go on well after its
    lease.
    """
    kill_at(installation, "reliability.processes.reader_acts", what, point)
    installation.now += dt.timedelta(seconds=100)
