"""
`make reliability`: the suites at their nightly size, and one table of what they found.

Words in the environment: `ONLY` (names of suites, with spaces between), `SEEDS` (how many instead
of each suite's own number), `FIRST` (how many to leave out before them: what an earlier night
played), `SENDERS` (`newsletter`, or a bad sender's name), `DATABASES`, `KINDS`, `JOBS` (how many
rows at once; two by default).
"""

from __future__ import annotations

import concurrent.futures as cf
import os
import queue
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import astuple, fields

from postgres import running_postgres
from published import specs_beside

from reliability.known_bad import workers as bad_workers
from reliability.known_bad.event_recorders import RECORDERS
from reliability.known_bad.senders import MODES
from reliability.provider_endpoints.issue_run import Size as IssueSize
from reliability.runs.checker import Figures
from reliability.runs.installations import POSTGRES
from reliability.runs.row import KINDS, PRODUCT, Row, rows_of
from reliability.runs.suite_environment import Theatre, opened
from reliability.suites.calls import outcomes
from reliability.suites.clocks import times
from reliability.suites.events import reports
from reliability.suites.failover import second_carrier
from reliability.suites.kills import crashes
from reliability.suites.providers import EVERY_KIND, every_provider, is_played
from reliability.suites.simulation import simulation
from reliability.suites.storage import storage
from reliability.suites.storms import Size as StormSize
from reliability.suites.storms import random_kills
from reliability.suites.throttling import Size as ThrottlingSize
from reliability.suites.throttling import throttling
from reliability.suites.unsubscribes import Size as LeavingSize
from reliability.suites.unsubscribes import leaving
from reliability.suites.workers import Size as CrewSize
from reliability.suites.workers import many_workers

# Seeds of a night for each row; for R3 they are places, one for each batch of its send, and for R4
# worlds.
NIGHTLY = {
    "R1": 25,
    "R2": 9,
    "R3": 6,
    "R4": 1667,
    "R5": 125,
    "R6": 50,
    "R7": 834,
    "R8": 3,
    "R9": 1,
    "R11": 1,
    "R12": 1,
    "R13": 12,
}
# A bad sender is seen with a few seeds as well as with many; where a fault seldom comes between
# its book and its call, with some more.
ENOUGH = {"R4": 50, "R5": 25, "R6": 10, "R7": 100}
FEW_SEEDS = 3
# Where a suite plays not all of them: kinds of providers, and bad senders it cannot tell.
SUITE_KINDS = {
    "R5": ("resend", "plain"),
    "R6": ("resend", "plain"),
    "R8": ("resend",),
    "R9": ("resend", "postmark"),
    "R11": ("resend",),
    "R12": EVERY_KIND,
}
UNTOLD = {"R4": {"sent_before_send"}, "R5": {"sent_before_send"}, "R9": {*MODES} - {"naive_retry"}}
# Bad senders but for a suite that has its own.
BAD: Mapping[str, Sequence[str]] = {"R7": tuple(RECORDERS), "R11": (bad_workers.MODE,)}
# A bad crew is seen within a few kills.
SMALL_CREW = CrewSize(readers=10_000, delay_s=(0.1, 0.2), gap_s=(0.5, 1.5))
MOST_P99_MS = 200.0
WIDTHS = (3, 17, 11, 9, 6, 8, 6, 6, 6, 6, 7, 6)
HEADINGS = (
    "",
    "sender",
    "database",
    "kind",
    "runs",
    *(field.name for field in fields(Figures)),
    "s",
    "",
)

Fill = Callable[[Theatre, Row, range], None]
FILLS: Mapping[str, Fill] = {
    "R1": lambda at, row, seeds: crashes(at.stage, at.forks, row, seeds=seeds),
    "R2": lambda at, row, seeds: random_kills(
        at.stage, at.forks, row, seeds=seeds, size=StormSize()
    ),
    "R3": lambda at, row, seeds: outcomes(
        at.stage, at.forks, row, places=[seed + 1 for seed in seeds]
    ),
    "R4": lambda at, row, seeds: simulation(at.stage, at.forks, row, worlds=seeds),
    "R5": lambda at, row, seeds: storage(at.stage, at.forks, row, seeds=seeds),
    "R6": lambda at, row, seeds: times(at.stage, at.forks, row, seeds=seeds),
    "R7": lambda at, row, seeds: reports(at.stage, row, seeds=seeds),
    "R9": lambda at, row, seeds: throttling(
        at.stage, at.forks, row, seeds=seeds, size=ThrottlingSize()
    ),
    "R8": lambda at, row, seeds: leaving(
        at.stage,
        at.forks,
        row,
        seeds=seeds,
        size=LeavingSize(),
        most_p99_ms=MOST_P99_MS if row.sender == PRODUCT else float("inf"),
    ),
    "R13": lambda at, row, seeds: second_carrier(at.stage, at.forks, row, seeds=seeds),
    "R11": lambda at, row, seeds: many_workers(
        at.stage,
        at.forks,
        row,
        seeds=seeds,
        size=CrewSize() if row.sender == PRODUCT else SMALL_CREW,
    ),
    "R12": lambda at, row, seeds: every_provider(
        at.stage, at.forks, row, seeds=seeds, size=IssueSize(), specs=specs_beside()
    ),
}


def main(environment: Mapping[str, str]) -> int:
    """
    Prints each row as it is filled; 1 when the product broke its promise, or when a bad sender
    was not seen to.
    """
    rows = rows_asked_for(environment)
    jobs = int(environment.get("JOBS") or 2)
    free: queue.SimpleQueue[Theatre] = queue.SimpleQueue()
    say(HEADINGS)
    with running_postgres() as postgres, ExitStack() as stack, cf.ThreadPoolExecutor(jobs) as pool:
        for _ in range(jobs):
            free.put(stack.enter_context(opened(postgres)))

        def run(row: Row) -> Row:
            theatre = free.get()
            began_s = time.monotonic()
            try:
                FILLS[row.suite](theatre, row, seeds_for(row, environment))
            finally:
                free.put(theatre)
            row.seconds = time.monotonic() - began_s
            return row

        for row in pool.map(run, rows):
            say(cells(row))
            if row.sender == PRODUCT:
                sys.stdout.writelines(f"    {line}\n" for line in row.wrong[:20])
    return 0 if all((row.sender == PRODUCT) is not bool(row.wrong) for row in rows) else 1


def rows_asked_for(environment: Mapping[str, str]) -> list[Row]:
    only = (environment.get("ONLY") or " ".join(NIGHTLY)).split()

    def is_asked(word: str, name: str) -> bool:
        asked = environment.get(word, "").split()
        return not asked or name in asked

    return [
        row
        for suite in only
        for row in rows_of(
            suite,
            kinds=SUITE_KINDS.get(suite, KINDS),
            senders=[PRODUCT, *BAD.get(suite, MODES)],
        )
        if row.sender not in UNTOLD.get(suite, ()) and is_asked("SENDERS", row.sender)
        if is_asked("DATABASES", row.database) and is_asked("KINDS", row.kind)
        if suite != "R11" or is_for_workers(row)
        if suite != "R12" or is_played(row)
    ]


def is_for_workers(row: Row) -> bool:
    """
    Whether a row is one that workers can fill: the product's share a PostgreSQL, bad ones a book of
    their own.
    """
    return row.sender != PRODUCT or row.database == POSTGRES


def seeds_for(row: Row, environment: Mapping[str, str]) -> range:
    first, asked = int(environment.get("FIRST") or 0), int(environment.get("SEEDS") or 0)
    count = asked or NIGHTLY[row.suite]
    if row.sender != PRODUCT:
        count = min(count, ENOUGH.get(row.suite, FEW_SEEDS))
    return range(first, first + count)


def cells(row: Row) -> tuple[object, ...]:
    verdict = f"WRONG in {len(row.wrong)}" if row.wrong else "right"
    return (
        row.suite,
        row.sender,
        row.database,
        row.kind,
        row.runs,
        *astuple(row.figures),
        f"{row.seconds:.0f}",
        f"{verdict}; {row.notes}".rstrip("; "),
    )


def say(words: tuple[object, ...]) -> None:
    padded = [str(word).ljust(width) for word, width in zip(words, WIDTHS, strict=False)]
    sys.stdout.write(" ".join([*padded, str(words[-1])]).rstrip() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(os.environ))
