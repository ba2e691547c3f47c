"""
Progress of long work: a bar on a terminal, plain lines elsewhere, always on standard error.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

# Seconds between two plain lines.
LINE_EVERY_S = 5.0


class Report(Protocol):
    """
    Called with how much is done, and the total (0: not known).
    """

    def __call__(self, done: int, total: int) -> None: ...


@contextmanager
def progress(label: str) -> Iterator[Report]:
    """
    Yield a function to report progress to while the block runs.
    """
    if sys.stderr.isatty():
        with _bar(label) as report:
            yield report
        return
    yield _Lines(label)


class _Lines:
    def __init__(self, label: str) -> None:
        self.label = label
        self.began_at = self.said_at = time.monotonic()
        self.first: int | None = None
        self.said = ""

    def __call__(self, done: int, total: int) -> None:
        if self.first is None:
            self.first = done
        is_last = total > 0 and done >= total
        if not is_last and time.monotonic() - self.said_at < LINE_EVERY_S:
            return
        self.said_at = time.monotonic()
        left = "" if is_last else self._time_left(done, total)
        line = f"{self.label}: {done:,}{f' of {total:,}' if total else ''}{left}\n"
        if line != self.said:
            sys.stderr.write(line)
            self.said = line

    def _time_left(self, done: int, total: int) -> str:
        """
        Return how long the rest takes at the speed so far; empty if that is not known.
        """
        ahead = done - (self.first or 0)
        if total <= done or ahead <= 0:
            return ""
        seconds = (time.monotonic() - self.began_at) * (total - done) / ahead
        minutes = round(seconds / 60)
        return (
            f", about {minutes} min left" if minutes else f", about {max(round(seconds), 1)} s left"
        )


@contextmanager
def _bar(label: str) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as shown:
        task = shown.add_task(label, total=None)

        def report(done: int, total: int) -> None:
            shown.update(task, completed=done, total=total or None)

        yield report
