"""
End a PostgreSQL server and remove its folder once the process that started it has ended, in
whatever way.

`postgres.py` runs this file as a program and holds the other end of its standard input; the kernel
closes that end even if the holder is killed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from pathlib import Path

LONGEST_S = 10.0
LOOK_S = 0.01


def main(folder: Path, data: Path) -> None:
    sys.stdin.buffer.read()
    pid = _postmaster(data)
    if pid is not None:
        os.kill(pid, signal.SIGQUIT)
        ends_s = time.monotonic() + LONGEST_S
        while _postmaster(data) == pid and time.monotonic() < ends_s:
            time.sleep(LOOK_S)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


def _postmaster(data: Path) -> int | None:
    """
    Return the process that serves *data*, if it still does.
    """
    try:
        pid = int((data / "postmaster.pid").read_text().split()[0])
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError, IndexError):
        return None
    return pid if os.fsencode(data) in words else None


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
