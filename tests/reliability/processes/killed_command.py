"""
Run a command of newsletter, and kill it when it comes to a place.

    python -m reliability.processes.killed_command PLACE WORDS

A place is the name of a function of ours and which of its calls, such as `insert_rows:3`; with
`end:1` the command runs to its end.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

from newsletter.cli import main

_OURS = ("/newsletter/", "/subscribers/")


def run(place: str, words: list[str]) -> None:
    """
    Run a command until it is killed at *place*.
    """
    name, _, number = place.partition(":")
    left = int(number)

    def look(frame: FrameType, event: str, argument: object) -> None:
        nonlocal left
        code = frame.f_code
        if event == "call" and code.co_name == name:
            left -= any(part in code.co_filename for part in _OURS)
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(look)
    main(words)


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2:])
