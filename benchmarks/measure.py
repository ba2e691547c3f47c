"""
Time contenders in turn, and print the table of results.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

RUNS = 5
HEADINGS = ("bench", "work", "ours", "floor", "ratio", "naive", "ratio", "spread")

# Does its work once; the seconds one unit of it took, without what was set up around it.
Contender = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class Row:
    """
    Hold one line of the table. `seconds` has, for `ours`, `floor` and `naive` as far as they exist,
    what one unit cost in each run; `counted` is set where a number was counted instead of timed.
    """

    name: str
    work: str
    seconds: Mapping[str, Sequence[float]] = field(default_factory=dict)
    counted: str = ""


def interleave(runs: int, **contenders: Contender) -> dict[str, list[float]]:
    """
    Return the seconds of each contender in each run. They take turns, and every other run goes
    backwards, so a machine that slows down slows all of them.
    """
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for run in range(runs):
        for name in list(contenders)[:: -1 if run % 2 else 1]:
            found[name].append(contenders[name]())
    return found


def seconds_for(work: Callable[[], object]) -> float:
    """
    Return how long *work* took.
    """
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def percentile(values: Sequence[float], share: float) -> float:
    """
    Return the value that this *share* of them does not exceed: 0.99 for the 99th percentile.
    """
    return sorted(values)[math.ceil(share * len(values)) - 1]


def table(rows: Sequence[Row]) -> str:
    """
    Return the rows under their headings, as text.
    """
    cells = [HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(HEADINGS))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) for line in cells]
    return "\n".join(line.rstrip() for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    if row.counted:
        return (row.name, row.work, row.counted, "", "", "", "", "")
    ours, floor, naive = (row.seconds.get(name, ()) for name in ("ours", "floor", "naive"))
    over_floor = [a / b for a, b in zip(ours, floor, strict=False)]
    under_naive = [b / a for a, b in zip(ours, naive, strict=False)]
    return (
        row.name,
        row.work,
        _time(ours),
        _time(floor),
        f"{statistics.median(over_floor):.2f} x" if over_floor else "",
        _time(naive),
        f"1/{statistics.median(under_naive):,.0f}" if under_naive else "",
        _spread(over_floor),
    )


def _time(seconds: Sequence[float]) -> str:
    if not seconds:
        return ""
    middle = statistics.median(seconds)
    return f"{middle * 1e6:,.1f} µs" if middle < 1e-3 else f"{middle * 1e3:,.1f} ms"


def _spread(ratios: Sequence[float]) -> str:
    """
    Return the lowest and highest ratio to the floor: a wide spread means that the machine was busy.
    """
    return f"{min(ratios):.2f}-{max(ratios):.2f}" if ratios else ""
