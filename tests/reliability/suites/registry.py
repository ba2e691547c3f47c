"""
The suites by name: how many seeds each plays at nightly size, and what it leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from published import specs_beside

from reliability.known_bad import senders as bad_senders
from reliability.known_bad import workers as bad_workers
from reliability.known_bad.event_recorders import RECORDERS
from reliability.provider_endpoints.issue_run import Size as IssueSize
from reliability.runs.row import KINDS, PRODUCT, Row, rows_of
from reliability.runs.suite_environment import POSTGRES, SuiteEnvironment
from reliability.suites import (
    calls,
    clocks,
    events,
    failover,
    kills,
    providers,
    simulation,
    storage,
    storms,
    throttling,
    unsubscribes,
    workers,
)

FEW_SEEDS = 3
MOST_P99_MS = 200.0
# Workers that are known to be wrong are seen to be within a few kills.
FEW_KILLS = workers.Size(readers=10_000, delay_s=(0.1, 0.2), gap_s=(0.5, 1.5))

Fill = Callable[[SuiteEnvironment, Row, range], None]


@dataclass(frozen=True, kw_only=True)
class Suite:
    """
    How one suite is played at nightly size. *fill* fills a row; *seeds* are those of each row, and
    *bad_seeds* those of a bad sender, which is seen within a few. *kinds* are the providers and
    *bad* the bad senders that it plays; *has_row* says which rows it has of those.
    """

    fill: Fill
    seeds: int
    bad_seeds: int = FEW_SEEDS
    kinds: Sequence[str] = KINDS
    bad: Sequence[str] = bad_senders.MODES
    has_row: Callable[[Row], bool] = lambda row: True

    def rows(self, name: str) -> list[Row]:
        """
        Make the suite's empty rows.
        """
        rows = rows_of(name, kinds=self.kinds, senders=[PRODUCT, *self.bad])
        return [row for row in rows if self.has_row(row)]

    def seeds_for(self, row: Row, *, first: int, count: int) -> range:
        """
        Choose the seeds of *row* from *first* on: *count* of them, or the nightly number for 0.
        """
        seeds = count or self.seeds
        if row.sender != PRODUCT:
            seeds = min(seeds, self.bad_seeds)
        return range(first, first + seeds)


def without(*modes: str) -> Sequence[str]:
    """
    Name the bad senders but those *modes*, which a suite cannot tell from a good one.
    """
    return [mode for mode in bad_senders.MODES if mode not in modes]


def fill_unsubscribes(environment: SuiteEnvironment, row: Row, seeds: range) -> None:
    unsubscribes.fill(
        environment,
        row,
        seeds=seeds,
        size=unsubscribes.Size(),
        most_p99_ms=MOST_P99_MS if row.sender == PRODUCT else float("inf"),
    )


SUITES: Mapping[str, Suite] = {
    "kills": Suite(
        seeds=25,
        fill=lambda environment, row, seeds: kills.fill(environment, row, seeds=seeds),
    ),
    "storms": Suite(
        seeds=9,
        fill=lambda environment, row, seeds: storms.fill(
            environment, row, seeds=seeds, size=storms.Size()
        ),
    ),
    # A seed is a place of the send, one for each of its batches.
    "calls": Suite(
        seeds=6,
        fill=lambda environment, row, seeds: calls.fill(
            environment, row, places=[seed + 1 for seed in seeds]
        ),
    ),
    # A seed is a world.
    "simulation": Suite(
        seeds=1667,
        bad_seeds=50,
        bad=without("sent_before_send"),
        fill=lambda environment, row, seeds: simulation.fill(environment, row, worlds=seeds),
    ),
    # Where a fault seldom comes between a bad sender's record and its call, it takes more seeds.
    "storage": Suite(
        seeds=125,
        bad_seeds=25,
        bad=without("sent_before_send"),
        kinds=("resend", "plain"),
        fill=lambda environment, row, seeds: storage.fill(environment, row, seeds=seeds),
    ),
    "clocks": Suite(
        seeds=50,
        bad_seeds=10,
        kinds=("resend", "plain"),
        fill=lambda environment, row, seeds: clocks.fill(environment, row, seeds=seeds),
    ),
    "events": Suite(
        seeds=834,
        bad_seeds=100,
        bad=tuple(RECORDERS),
        fill=lambda environment, row, seeds: events.fill(environment, row, seeds=seeds),
    ),
    "unsubscribes": Suite(seeds=3, kinds=("resend",), fill=fill_unsubscribes),
    "throttling": Suite(
        seeds=1,
        bad=("naive_retry",),
        kinds=("resend", "postmark"),
        fill=lambda environment, row, seeds: throttling.fill(
            environment, row, seeds=seeds, size=throttling.Size()
        ),
    ),
    # The product's workers share a PostgreSQL, bad ones a file of their own.
    "workers": Suite(
        seeds=1,
        bad=(bad_workers.MODE,),
        kinds=("resend",),
        has_row=lambda row: row.sender != PRODUCT or row.database == POSTGRES,
        fill=lambda environment, row, seeds: workers.fill(
            environment,
            row,
            seeds=seeds,
            size=workers.Size() if row.sender == PRODUCT else FEW_KILLS,
        ),
    ),
    "providers": Suite(
        seeds=1,
        kinds=providers.EVERY_KIND,
        has_row=providers.is_included,
        fill=lambda environment, row, seeds: providers.fill(
            environment, row, seeds=seeds, size=IssueSize(), specs=specs_beside()
        ),
    ),
    "failover": Suite(
        seeds=12,
        fill=lambda environment, row, seeds: failover.fill(environment, row, seeds=seeds),
    ),
}
