"""
The tests' own PostgreSQL is gone when whoever started it is, however that ended.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from postgres import own_server

START = """
import sys, time
from postgres import own_server
with own_server() as server:
    pid = (server.data / "db" / "postmaster.pid").read_text().split()[0]
    print(server.data.parent, pid, flush=True)
    time.sleep(600)
"""
SUPPORT = Path(__file__).parent / "support"
LONGEST_S = 60.0


def test_a_killed_run_leaves_no_server_and_no_folder_behind() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", START], cwd=SUPPORT, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        folder, pid = run.stdout.readline().split()
        places = [Path(folder), Path("/proc") / pid]
        assert [place.exists() for place in places] == [True, True]
        run.kill()
    ends_s = time.monotonic() + LONGEST_S
    while any(place.exists() for place in places) and time.monotonic() < ends_s:
        time.sleep(0.02)
    assert [place.exists() for place in places] == [False, False]


def test_a_server_that_crashed_leaves_no_folder_behind() -> None:
    with own_server() as server:
        server.stop("immediate")
    assert not server.data.parent.exists()
