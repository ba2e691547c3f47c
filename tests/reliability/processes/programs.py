"""
How the suites start modules of their own as programs.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from installation import Installation

if TYPE_CHECKING:
    from reliability.processes.fork_server import ForkServer

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


def kill_at(
    forks: ForkServer, installation: Installation, module: str, what: str, point: str
) -> None:
    """
    Let *module* do *what* in a process of its own, and require that it killed itself at *point*.
    """
    url = installation.app.settings.database_url
    words = [installation.folder, url, installation.now.isoformat(), what, point]
    status = forks.run_program(module, words)
    if status != -signal.SIGKILL:
        pytest.fail(f"{point} was not passed: the process ended with {status}")


def kill_reader_act(forks: ForkServer, installation: Installation, what: str, point: str) -> None:
    """
    Let a process do *what* a reader asks for until it dies at *point*, and go on well after its
    lease.
    """
    kill_at(forks, installation, "reliability.processes.reader_acts", what, point)
    installation.now += dt.timedelta(seconds=100)
