"""
`make reliability`: play the suites at their nightly size, and print one table of what they found.

Words in the environment make it smaller: `ONLY` (names of suites, with spaces between), `SEEDS`
(how many instead of each suite's own number), `FIRST` (how many to leave out before them, which an
earlier night played), `SENDERS` (`newsletter`, or a bad sender's name), `DATABASES`, `KINDS`,
`JOBS` (how many rows at once; two by default).
"""

from __future__ import annotations

import concurrent.futures as cf
import os
import queue
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import astuple, fields

from postgres import running_postgres

from reliability.runs.checker import Figures
from reliability.runs.row import PRODUCT, Row
from reliability.runs.suite_environment import SuiteEnvironment, suite_environment
from reliability.suites.registry import SUITES

WIDTHS = (12, 17, 11, 9, 6, 8, 6, 6, 6, 6, 10, 6)
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


def main(words: Mapping[str, str]) -> int:
    """
    Print each row as it is filled. Return 1 when the product broke its promise or a bad sender was
    not seen to, 2 when a suite is unknown.
    """
    names = words.get("ONLY", "").split() or list(SUITES)
    if unknown := [name for name in names if name not in SUITES]:
        sys.stderr.write(f"no suite {' '.join(unknown)}: the suites are {' '.join(SUITES)}\n")
        return 2
    rows = [row for name in names for row in SUITES[name].rows(name) if is_asked_for(row, words)]
    write_line(HEADINGS)
    for row in filled(rows, words):
        write_line(cells(row))
        if row.sender == PRODUCT:
            sys.stdout.writelines(f"    {line}\n" for line in row.wrong[:20])
    return 0 if all((row.sender == PRODUCT) is not bool(row.wrong) for row in rows) else 1


def is_asked_for(row: Row, words: Mapping[str, str]) -> bool:
    asked = {"SENDERS": row.sender, "DATABASES": row.database, "KINDS": row.kind}
    return all(
        name in words[word].split() for word, name in asked.items() if words.get(word, "").strip()
    )


def filled(rows: list[Row], words: Mapping[str, str]) -> Iterator[Row]:
    """
    Fill the *rows*, some at once, and give each of them in order.
    """
    jobs = int(words.get("JOBS") or 2)
    free: queue.SimpleQueue[SuiteEnvironment] = queue.SimpleQueue()
    with running_postgres() as postgres, ExitStack() as stack, cf.ThreadPoolExecutor(jobs) as pool:
        for _ in range(jobs):
            free.put(stack.enter_context(suite_environment(postgres)))

        def fill(row: Row) -> Row:
            environment, suite = free.get(), SUITES[row.suite]
            began_s = time.monotonic()
            try:
                suite.fill(environment, row, seeds_for(row, words))
            finally:
                free.put(environment)
            row.seconds = time.monotonic() - began_s
            return row

        yield from pool.map(fill, rows)


def seeds_for(row: Row, words: Mapping[str, str]) -> range:
    return SUITES[row.suite].seeds_for(
        row, first=int(words.get("FIRST") or 0), count=int(words.get("SEEDS") or 0)
    )


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


def write_line(words: tuple[object, ...]) -> None:
    padded = [str(word).ljust(width) for word, width in zip(words, WIDTHS, strict=False)]
    sys.stdout.write(" ".join([*padded, str(words[-1])]).rstrip() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(os.environ))
