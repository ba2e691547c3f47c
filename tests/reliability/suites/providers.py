"""
A whole issue with each kind of provider that reaches people, end to end: opened from its settings,
every way a call may end on one call in twenty, the sender killed twice at any moment and started
again, and uncertain outcomes reconciled as far as the provider can.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from flavours import FLAVOURS

from reliability.processes.configured_sender import CLOCK
from reliability.provider_endpoints.endpoint import FarEnd, World
from reliability.provider_endpoints.http_endpoint import http_end
from reliability.provider_endpoints.issue_run import IssueRun, Size
from reliability.provider_endpoints.plain_provider import FakePlain
from reliability.provider_endpoints.smtp_endpoint import smtp_end
from reliability.runs import realistic_draft
from reliability.runs.row import FEW, PRODUCT, Row
from reliability.runs.suite_environment import POSTGRES, SuiteEnvironment

EVERY_KIND = ("smtp", *FLAVOURS)
ON_POSTGRES = ("resend", "mailgun", "smtp")


def fill(
    environment: SuiteEnvironment,
    row: Row,
    *,
    seeds: Sequence[int],
    size: Size,
    specs: Path | None,
) -> None:
    """
    Fills *row*: a run for each seed. Calls are compared with the *specs*.
    """
    for seed in seeds:
        run_once(environment, row, seed=seed, size=size, specs=specs)


def run_once(
    environment: SuiteEnvironment, row: Row, *, seed: int, size: Size, specs: Path | None
) -> None:
    name = f"providers-{row.sender}-{row.database}-{row.kind}-{seed}"
    with environment.fresh_run(
        name,
        database=row.database,
        readers=size.readers,
        script={},
        draft=realistic_draft.fill,
    ) as run:
        (run.folder / CLOCK).write_text("0")
        world = World(
            refused=size.refused if row.sender == PRODUCT else frozenset(),
            slow_s=size.slow_s,
            seed=seed,
            clock_file=run.folder / CLOCK,
            specs=specs,
            endings=size.endings,
            every=size.every,
            most_times=size.most_times,
        )
        with opened_end(row.kind, world, batch=FEW) as (end, at):
            issue_run = IssueRun(
                environment=environment,
                row=row,
                run=run,
                end=end,
                size=size,
                seed=seed,
            )
            issue_run.send(at)
            issue_run.judge()


@contextlib.contextmanager
def opened_end(kind: str, world: World, *, batch: int) -> Iterator[tuple[FarEnd, str]]:
    """
    The provider of *kind*, and where it listens.
    """
    if kind == "smtp":
        with smtp_end(world, batch=batch) as found:
            yield found
    else:
        flavours = {**FLAVOURS, "plain": FakePlain}
        with http_end(flavours[kind], world) as opened:
            yield opened


def is_played(row: Row) -> bool:
    """
    Whether the suite has the row: on PostgreSQL a few kinds stand for all.
    """
    return row.database != POSTGRES or row.kind in ON_POSTGRES
