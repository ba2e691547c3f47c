"""
A whole issue with each kind of provider that reaches people, end to endpoint: opened from its
settings, every way a call may end on one call in twenty, the sender killed twice at any moment and
started again, and uncertain outcomes reconciled as far as the provider can.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from flavours import FLAVOURS

from reliability.processes.configured_sender import CLOCK
from reliability.provider_endpoints.endpoint import EndpointBehaviour, ProviderEndpoint
from reliability.provider_endpoints.http_endpoint import open_http_endpoint
from reliability.provider_endpoints.issue_run import IssueRun, Size
from reliability.provider_endpoints.plain_provider import FakePlain
from reliability.provider_endpoints.smtp_endpoint import open_smtp_endpoint
from reliability.runs import realistic_draft
from reliability.runs.row import PRODUCT, SMALL_BATCH, Row
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
    Fill *row*: a run for each seed. Calls are compared with the *specs*.
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
        behaviour = EndpointBehaviour(
            refused=size.refused if row.sender == PRODUCT else frozenset(),
            slow_s=size.slow_s,
            seed=seed,
            clock_file=run.folder / CLOCK,
            specs=specs,
            endings=size.endings,
            every=size.every,
            most_times=size.most_times,
        )
        with open_endpoint(row.kind, behaviour, batch=SMALL_BATCH) as (endpoint, at):
            issue_run = IssueRun(
                environment=environment,
                row=row,
                run=run,
                endpoint=endpoint,
                size=size,
                seed=seed,
            )
            issue_run.send(at)
            issue_run.judge()


@contextlib.contextmanager
def open_endpoint(
    kind: str, behaviour: EndpointBehaviour, *, batch: int
) -> Iterator[tuple[ProviderEndpoint, str]]:
    """
    Run a provider of *kind*, and give it with its address.
    """
    if kind == "smtp":
        with open_smtp_endpoint(behaviour, batch=batch) as found:
            yield found
    else:
        flavours = {**FLAVOURS, "plain": FakePlain}
        with open_http_endpoint(flavours[kind], behaviour) as opened:
            yield opened


def is_included(row: Row) -> bool:
    """
    Say whether the suite plays the row: on PostgreSQL a few kinds stand for all.
    """
    return row.database != POSTGRES or row.kind in ON_POSTGRES
