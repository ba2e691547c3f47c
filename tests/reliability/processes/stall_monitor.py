"""
For how long at a time a process was kept waiting for the processor: by so much its calls may come
late, or be seen late. The sink and the senders of the `throttling` suite write it down.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

TICK_S = 0.01


def watch_stalls(file: Path) -> None:
    """
    Keep in *file*, from now on, the longest time in seconds for which this process was not run.
    """
    threading.Thread(target=_watch, args=(file,), daemon=True).start()


def _watch(file: Path) -> None:
    worst_s = 0.0
    while True:
        began_s = time.monotonic()
        time.sleep(TICK_S)
        stall_s = time.monotonic() - began_s - TICK_S
        if stall_s > worst_s:
            worst_s = stall_s
            file.write_text(str(stall_s))
