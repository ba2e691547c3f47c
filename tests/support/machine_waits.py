"""
How long programs waited for a processor, because the machine was busy with others: no fault of
theirs, so that tests which judge by the clock leave it out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

_NS_PER_S = 1_000_000_000


def waits_of(*processes: int) -> dict[str, int]:
    """
    Return for each thread of the processes how many nanoseconds it has waited on a run queue until
    now (Documentation/scheduler/sched-stats.rst of Linux).
    """
    waits: dict[str, int] = {}
    for process in processes:
        for thread in Path(f"/proc/{process}/task").iterdir():
            # It may just have ended.
            with contextlib.suppress(OSError):
                waits[thread.name] = int((thread / "schedstat").read_text().split()[1])
    return waits


def waited_s(before: Mapping[str, int], after: Mapping[str, int]) -> float:
    """
    Return how many seconds the threads waited in between, all together: those of two that waited at
    once count twice, which is next to nothing on a quiet machine.
    """
    return sum(each - before.get(thread, 0) for thread, each in after.items()) / _NS_PER_S
