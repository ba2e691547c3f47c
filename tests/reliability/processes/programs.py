"""
How the suites start modules of their own as programs.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]


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
